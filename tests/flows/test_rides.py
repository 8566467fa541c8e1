"""Rides over HTTP, through SNS and SQS, to the services' own tables."""

import json
import subprocess
import time
import uuid
from typing import Any

import psutil
import pytest

from ops.demo.main import run
from ops.inspect import status
from ops.inspect.message_log import FINAL, entries
from ops.local import emulator
from tests.flows.conftest import Deployed
from tests.polling import until

APPROVED = ("--require-approval", "never")
RIDE: dict[str, Any] = {
    "from": "Berlin",
    "to": "Frankfurt",
    "duration": 420,
    "distance": 600,
    "customer": "cmr",
    "fare": 256.50,
}


def test_the_demo_finds_everything_as_it_must_be(
    wild_rydes: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("wild-rydes", keep=True, as_json=True, home=wild_rydes.home) == 0

    result = json.loads(capsys.readouterr().out)
    assert [line["wrong"] for line in result["lines"]] == [None] * 44
    (letter,) = result["deadLetters"]
    assert letter["reason"].startswith("all 4 attempts failed, the last with BooksUnavailable")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fare": -1}, "fare"),
        ({"fare": "much"}, "fare"),
        ({"customer": None}, "customer"),
        ({"colour": "white"}, "colour"),
        ({"customer": "x" * 300_000}, "$"),
    ],
)
def test_a_ride_that_is_wrong_is_refused_with_the_field_named(
    wild_rydes: Deployed, change: dict[str, Any], field: str
) -> None:
    answer = wild_rydes.post(json=RIDE | change)

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_what_is_not_json_is_refused(wild_rydes: Deployed) -> None:
    assert wild_rydes.post(b"hello").status == 400


def test_a_ride_published_twice_changes_nothing_twice(wild_rydes: Deployed) -> None:
    customer = f"twice-{uuid.uuid4()}"
    document = RIDE | {"id": str(uuid.uuid4()), "customer": customer}
    begun, correlation = time.time(), str(uuid.uuid4())
    for _ in range(2):
        wild_rydes.aws.sns.publish(
            TopicArn=wild_rydes.services["UnicornManagement"]["msgOut"],
            Message=json.dumps(document),
            MessageAttributes={
                "msgTag": {"DataType": "String", "StringValue": "RideCompleted"},
                "header": {
                    "DataType": "String",
                    "StringValue": json.dumps({"id": "r", "correlationid": correlation}),
                },
            },
        )
    loyalty = {"CustomerLoyalty": wild_rydes.services["CustomerLoyalty"]}

    def both() -> bool:
        log = entries(wild_rydes.aws, loyalty, begun)
        mine = [line for line in log if line.correlation_id == correlation]
        return len([line for line in mine if line.event in FINAL]) == 2

    until(both, "the second copy")
    row = wild_rydes.aws.dynamodb.get_item(
        TableName=loyalty["CustomerLoyalty"]["tables"]["points"],
        Key={"id": {"S": f"customer#{customer}"}},
    )["Item"]
    assert row["points"] == {"N": "25"}


@pytest.mark.parametrize(
    ("body", "attributes", "reason"),
    [
        ("hello", {}, "no attribute msgTag"),
        ("hello", {"msgTag": "RideCompleted"}, "the body is not a RideCompleted"),
        ("{}", {"msgTag": "Nonsense"}, "no handler for msgTag 'Nonsense'"),
        ("x" * 1_048_000, {"msgTag": "RideCompleted"}, "the body is not a RideCompleted"),
        ("{}", {"msgTag": "RideCompleted", "header": "{}"}, "the attribute header is not"),
    ],
)
def test_a_strange_message_on_a_queue_becomes_a_dead_letter_with_a_reason(
    wild_rydes: Deployed, body: str, attributes: dict[str, str], reason: str
) -> None:
    wild_rydes.aws.sqs.send_message(
        QueueUrl=wild_rydes.consumer("CustomerNotification")["queue"],
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )

    letter = wild_rydes.dead_letter(
        "CustomerNotification", lambda message: reason in json.dumps(message)
    )

    explanation = letter["MessageAttributes"]["deadLetter"]["StringValue"]
    assert reason in json.loads(explanation)["reason"]


def test_a_strange_message_on_a_topic_becomes_a_dead_letter_with_a_reason(
    wild_rydes: Deployed,
) -> None:
    wild_rydes.aws.sns.publish(
        TopicArn=wild_rydes.services["UnicornManagement"]["msgOut"],
        Message='{"id": "a ride without the rest"}',
        MessageAttributes={"msgTag": {"DataType": "String", "StringValue": "RideCompleted"}},
    )

    for service in ("CustomerNotification", "CustomerLoyalty"):
        letter = wild_rydes.dead_letter(
            service, lambda message: "without the rest" in message["Body"]
        )
        explanation = json.loads(letter["MessageAttributes"]["deadLetter"]["StringValue"])
        assert "missing required field" in explanation["reason"]


def test_nothing_listens_on_other_than_the_loopback(wild_rydes: Deployed) -> None:
    running = emulator.require(wild_rydes.home)
    process = psutil.Process(running.pid)
    family = [process, *process.children(recursive=True)]
    addresses = {
        connection.laddr.ip
        for member in family
        for connection in member.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_status_knows_every_stack_and_queue(wild_rydes: Deployed) -> None:
    found = status.collect(wild_rydes.home)

    assert found["system"] == "wild-rydes"
    assert len([stack for stack in found["stacks"] if stack["name"].startswith("local-")]) == 16
    assert {stack["state"] for stack in found["stacks"]} <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    assert len(found["queues"]) == 5


def test_after_a_deployment_there_is_no_difference(wild_rydes: Deployed) -> None:
    told = _cdk(wild_rydes, "diff", "--app", str(wild_rydes.home / "cdk.out"))

    assert "Number of stacks with differences: 0" in told


def test_one_service_is_deployed_alone(wild_rydes: Deployed) -> None:
    stack = "local-CustomerLoyalty"
    before = _resources(wild_rydes, stack)
    wild_rydes.aws.cloudformation.delete_stack(StackName=stack)

    _cdk(
        wild_rydes,
        "deploy",
        stack,
        "--exclusively",
        *APPROVED,
        "--app",
        str(wild_rydes.home / "cdk.out"),
    )

    assert _resources(wild_rydes, stack) == before
    assert wild_rydes.post(json=RIDE).status == 201


def test_two_stages_live_side_by_side(wild_rydes: Deployed) -> None:
    context = ["-c", "stage=second", "-c", "target=local"]
    output = str(wild_rydes.home / "second.out")

    _cdk(
        wild_rydes, "deploy", "--all", *APPROVED, "--concurrency", "8", "--output", output, *context
    )

    topics = [topic["TopicArn"] for topic in wild_rydes.aws.sns.list_topics()["Topics"]]
    assert sum(":second-" in topic for topic in topics) == sum(":local-" in t for t in topics)
    found = status.collect(wild_rydes.home)
    assert len([stack for stack in found["stacks"] if stack["name"].startswith("second-")]) == 16


def _resources(deployed: Deployed, stack: str) -> list[str]:
    pages = deployed.aws.cloudformation.get_paginator("list_stack_resources").paginate(
        StackName=stack
    )
    return sorted(
        resource["LogicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
    )


def _cdk(deployed: Deployed, *arguments: str) -> str:
    """Run the CDK CLI as a user does, in the project's folder; return what it prints."""
    import os

    from ops.local.environment import for_cdk
    from ops.paths import ROOT

    endpoint = emulator.require(deployed.home).endpoint
    done = subprocess.run(
        [ROOT / "node_modules" / ".bin" / "cdk", *arguments],
        cwd=ROOT,
        env=for_cdk(os.environ, deployed.home, endpoint),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
