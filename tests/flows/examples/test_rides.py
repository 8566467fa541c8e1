"""Rides over HTTP, through SNS and SQS, to the services' own tables."""

import json
import time
import uuid
from typing import Any

import pytest

from ops.demo.main import run
from ops.inspect.message_log import FINAL, entries
from ops.polling import wait_until
from systems.wild_rydes import system
from tests.flows.cdk import deploy_alone, resources
from tests.flows.examples.conftest import WildRydes
from tests.flows.queues import delay_and_keep
from tests.permissions import permission, without

RIDE: dict[str, Any] = {
    "from": "Berlin",
    "to": "Frankfurt",
    "duration": 420,
    "distance": 600,
    "customer": "cmr",
    "fare": 256.50,
}


def test_the_demo_finds_everything_as_it_must_be(
    wild_rydes: WildRydes, capsys: pytest.CaptureFixture[str]
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
    wild_rydes: WildRydes, change: dict[str, Any], field: str
) -> None:
    answer = wild_rydes.post(json=RIDE | change)

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_what_is_not_json_is_refused(wild_rydes: WildRydes) -> None:
    assert wild_rydes.post(b"hello").status == 400


def test_a_ride_published_twice_changes_nothing_twice(wild_rydes: WildRydes) -> None:
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
                    "DataType": "Binary",
                    "BinaryValue": json.dumps({"id": "r", "correlationid": correlation}).encode(),
                },
            },
        )
    loyalty = {"CustomerLoyalty": wild_rydes.services["CustomerLoyalty"]}

    def both() -> bool:
        log = entries(wild_rydes.aws, loyalty, begun)
        mine = [line for line in log if line.correlation_id == correlation]
        return len([line for line in mine if line.event in FINAL]) == 2

    wait_until(both, "the second copy")
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
    wild_rydes: WildRydes, body: str, attributes: dict[str, str], reason: str
) -> None:
    wild_rydes.aws.sqs.send_message(
        QueueUrl=wild_rydes.consumer("CustomerNotification")["queue"],
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )

    letter = wild_rydes.dead_letter(
        wild_rydes.consumer("CustomerNotification")["deadLetters"],
        lambda message: reason in json.dumps(message, default=repr),
    )

    explanation = letter["MessageAttributes"]["deadLetter"]["StringValue"]
    assert reason in json.loads(explanation)["reason"]


def test_a_strange_message_on_a_topic_becomes_a_dead_letter_with_a_reason(
    wild_rydes: WildRydes,
) -> None:
    wild_rydes.aws.sns.publish(
        TopicArn=wild_rydes.services["UnicornManagement"]["msgOut"],
        Message='{"id": "a ride without the rest"}',
        MessageAttributes={"msgTag": {"DataType": "String", "StringValue": "RideCompleted"}},
    )

    for service in ("CustomerNotification", "CustomerLoyalty"):
        letter = wild_rydes.dead_letter(
            wild_rydes.consumer(service)["deadLetters"],
            lambda message: "without the rest" in message["Body"],
        )
        explanation = json.loads(letter["MessageAttributes"]["deadLetter"]["StringValue"])
        assert "missing required field" in explanation["reason"]


def test_a_ride_is_taken_in_after_a_subscriber_was_deployed_alone(wild_rydes: WildRydes) -> None:
    stack = "local-CustomerLoyalty"
    before = resources(wild_rydes, stack)
    wild_rydes.aws.cloudformation.delete_stack(StackName=stack)

    deploy_alone(wild_rydes, stack)

    assert resources(wild_rydes, stack) == before
    assert wild_rydes.post(json=RIDE).status == 201


def test_each_consumer_delays_and_keeps(wild_rydes: WildRydes) -> None:
    delay_and_keep(wild_rydes.aws, system, wild_rydes.services)


def test_a_ride_that_may_not_be_published_is_not_taken_in(wild_rydes: WildRydes) -> None:
    function = wild_rydes.services["UnicornManagement"]["apiFunction"]
    publish = permission(wild_rydes.aws, function, "sns:Publish", "UnicornManagement-MsgOut")
    table = wild_rydes.services["UnicornManagement"]["tables"]["rides"]
    before = wild_rydes.aws.dynamodb.scan(TableName=table)["Count"]
    with without(wild_rydes.aws, publish):
        assert wild_rydes.post(json=RIDE).status == 503

    assert wild_rydes.aws.dynamodb.scan(TableName=table)["Count"] == before
