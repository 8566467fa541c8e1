"""The local environment, with the default system in it: what `./waystation up` makes."""

import psutil
import pytest

from ops.inspect import status
from ops.local import emulator
from tests.flows.cdk import APPROVED, cdk, deploy_alone, resources
from tests.flows.conftest import STAGE, Bring, Deployed
from topology import names, registry

SYSTEM = registry.find(registry.default())


@pytest.fixture(scope="module")
def deployed(bring: Bring) -> Deployed:
    """The default system."""
    return bring(SYSTEM.name)


def stacks(stage: str) -> set[str]:
    """The names of every stack of the system."""
    own = {
        make(stage, service.name)
        for service in SYSTEM.services
        for make in (names.channels_stack, names.service_stack)
    }
    return own | {names.platform_stack(stage), names.dashboard_stack(stage, SYSTEM.name)}


def found_stacks(deployed: Deployed, stage: str) -> dict[str, str]:
    """The deployed stacks of a stage by name, with their states."""
    found = status.collect(deployed.home)["stacks"]
    return {each["name"]: each["state"] for each in found if each["name"].startswith(f"{stage}-")}


def test_nothing_listens_on_other_than_the_loopback(deployed: Deployed) -> None:
    running = emulator.require(deployed.home)
    process = psutil.Process(running.pid)
    family = [process, *process.children(recursive=True)]
    addresses = {
        connection.laddr.ip
        for member in family
        for connection in member.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_status_knows_every_stack_and_queue(deployed: Deployed) -> None:
    found = status.collect(deployed.home)

    assert found["system"] == SYSTEM.name
    assert found_stacks(deployed, STAGE).keys() == stacks(STAGE)
    states = {stack["state"] for stack in found["stacks"]}
    assert states <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    assert {(queue["service"], queue["consumer"]) for queue in found["queues"]} == {
        (service.name, consumer.name)
        for service in SYSTEM.services
        for consumer in service.consumers
    }


def test_after_a_deployment_there_is_no_difference(deployed: Deployed) -> None:
    output = cdk(deployed, "diff", "--app", str(deployed.home / "cdk.out"))

    assert "Number of stacks with differences: 0" in output


def test_one_service_is_deployed_alone(deployed: Deployed) -> None:
    stack = names.service_stack(STAGE, SYSTEM.services[-1].name)
    before = resources(deployed, stack)
    deployed.aws.cloudformation.delete_stack(StackName=stack)

    deploy_alone(deployed, stack)

    assert resources(deployed, stack) == before
    assert found_stacks(deployed, STAGE).keys() == stacks(STAGE)


def test_two_stages_live_side_by_side(deployed: Deployed) -> None:
    context = ["-c", "stage=second", "-c", "target=local"]
    output = str(deployed.home / "second.out")

    cdk(deployed, "deploy", "--all", *APPROVED, "--concurrency", "8", "--output", output, *context)

    topics = [topic["TopicArn"] for topic in deployed.aws.sns.list_topics()["Topics"]]
    assert sum(":second-" in topic for topic in topics) == sum(":local-" in t for t in topics)
    assert found_stacks(deployed, "second").keys() == stacks("second")
    assert found_stacks(deployed, STAGE).keys() == stacks(STAGE)
