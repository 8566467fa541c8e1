import pytest
from aws_cdk import RemovalPolicy

from stacks.deployment import Deployment, InvalidContext


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, Deployment(stage="dev", target="aws", customer_key=False)),
        ({"stage": "prod-2"}, Deployment(stage="prod-2")),
        ({"target": "local"}, Deployment(target="local")),
        # The CDK CLI hands over text, cdk.json values.
        ({"customer_key": "true"}, Deployment(customer_key=True)),
        ({"customer_key": True}, Deployment(customer_key=True)),
        ({"customer_key": "false"}, Deployment(customer_key=False)),
    ],
)
def test_a_deployment_is_read_from_context(
    context: dict[str, object], expected: Deployment
) -> None:
    assert Deployment.from_context(context.get) == expected


@pytest.mark.parametrize("stage", ["1st", "a_b", "a/b", "-", "x" * 33, "ümlaut"])
def test_a_stage_that_cannot_be_part_of_a_name_is_refused(stage: str) -> None:
    with pytest.raises(InvalidContext, match="stage is"):
        Deployment.from_context({"stage": stage}.get)


def test_an_unknown_target_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidContext, match="-c target=aws"):
        Deployment.from_context({"target": "azure"}.get)


@pytest.mark.parametrize(
    ("deployment", "policy"),
    [
        (Deployment(target="aws"), RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE),
        (Deployment(target="local"), RemovalPolicy.DESTROY),
    ],
)
def test_only_the_emulator_forgets_its_data(deployment: Deployment, policy: RemovalPolicy) -> None:
    assert deployment.removal_policy == policy
