import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stacks.deployment import Deployment
from tests.stacks.conftest import Code, Synthesized
from tests.stacks.synthesis import STAGE, Assembly, synthesize
from tests.systems.every import every_service, every_system, invocable
from topology import model, names
from topology.routing.subscriptions import subscriptions

# How one stack of CloudFormation refers to another.
REFERENCES = {"Fn::ImportValue", "Fn::GetStackOutput"}


def keys(value: Any) -> Iterator[str]:
    """Every key anywhere in a document."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from keys(each)


def dependencies(assembly: Assembly, stack: str) -> set[str]:
    """The stacks that must be deployed before one."""
    manifest = json.loads((assembly.folder / "manifest.json").read_text())
    needed = manifest["artifacts"][stack]["dependencies"]
    return {each for each in needed if not each.endswith(".assets")}


def physical_names(assembly: Assembly) -> set[str]:
    """Every name that the templates themselves give to a resource."""
    return {
        value
        for template in assembly.templates.values()
        for each in template.resources.values()
        for key, value in each["Properties"].items()
        if key.endswith("Name") and isinstance(value, str) and each["Type"] in PREDICTABLE
    }


PREDICTABLE = {
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SSM::Parameter",
}


@every_system
def test_no_stack_refers_to_another(assembly: Synthesized, system: model.System) -> None:
    for template in assembly(system).templates.values():
        assert REFERENCES.isdisjoint(keys(template.document))
        outputs = template.document.get("Outputs", {})
        assert all("Export" not in each for each in outputs.values())


@every_service
def test_a_service_waits_for_the_topics_it_names_and_for_no_other_service(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    publishers = {
        each.publisher
        for consumer in service.consumers
        for each in subscriptions(system, service, consumer)
    }
    channels = {names.channels_stack(STAGE, name) for name in {service.name, *publishers}}
    found = dependencies(assembly(system), names.service_stack(STAGE, service.name))
    assert found == {names.platform_stack(STAGE), *channels}


@every_service
def test_channels_wait_for_nothing(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    assert dependencies(assembly(system), names.channels_stack(STAGE, service.name)) == set()


@every_system
def test_the_dashboard_waits_for_nothing_and_nothing_for_it(
    assembly: Synthesized, system: model.System
) -> None:
    dashboard = names.dashboard_stack(STAGE, system.name)
    assert dependencies(assembly(system), dashboard) == set()
    for name in assembly(system).templates:
        assert dashboard not in dependencies(assembly(system), name)


@every_service
def test_topics_and_functions_that_others_invoke_are_the_only_names_chosen_here(
    assembly: Synthesized, system: model.System, service: model.Service
) -> None:
    template = assembly(system).templates[names.service_stack(STAGE, service.name)]
    choices = {"QueueName", "TableName", "FunctionName", "RoleName", "LogGroupName", "BucketName"}
    chosen = [
        value
        for each in template.resources.values()
        for key, value in each.get("Properties", {}).items()
        if key in choices and isinstance(value, str)
    ]
    assert sorted(chosen) == sorted(
        f"{STAGE}-{service.name}-{function.name}" for function in invocable(service)
    )


@every_system
def test_two_stages_share_no_name(
    assembly: Synthesized, code: Code, system: model.System, tmp_path: Path
) -> None:
    deployment = Deployment(stage="two", lambdas=code(system))
    first, second = assembly(system), synthesize(system, deployment, tmp_path)
    assert set(first.templates).isdisjoint(second.templates)
    assert physical_names(first)
    assert physical_names(first).isdisjoint(physical_names(second))


@every_system
def test_data_outlives_its_stack_on_aws_and_not_on_the_emulator(
    assembly: Synthesized, code: Code, system: model.System, tmp_path: Path
) -> None:
    stateful = {
        "AWS::SQS::Queue",
        "AWS::DynamoDB::GlobalTable",
        "AWS::S3::Bucket",
        "AWS::Logs::LogGroup",
    }
    local = synthesize(system, Deployment(target="local", lambdas=code(system)), tmp_path)
    for template in assembly(system).templates.values():
        for id_, each in template.resources.items():
            if each["Type"] in stateful:
                assert each["DeletionPolicy"] == "RetainExceptOnCreate"
                assert each["UpdateReplacePolicy"] == "Retain"
                emulated = local.templates[template.name].resources[id_]
                assert emulated["DeletionPolicy"] == "Delete"
