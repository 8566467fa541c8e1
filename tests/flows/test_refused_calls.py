"""What the credentials of a function are good for, in other hands: what the topology declares."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.systems.travel.deployed import Travel
from tests.unit.ops.emulator.conftest import Account

# Each is given the endpoints of the services.
Services = Mapping[str, Any]
Call = tuple[str, str, Callable[[Services], dict[str, Any]]]
KEY = {"Key": {"id": {"S": "1"}}}

# Flights accepts BookFlight and ChangeSeat, publishes FlightBooked, and sends to Seats.
REFUSED: dict[str, Call] = {
    "publish as another": ("sns", "publish", lambda s: topic(s, "Seats", "msgOut")),
    "command a service that it does not name": (
        "sns",
        "publish",
        lambda s: topic(s, "Post", "msgIn"),
    ),
    "subscribe a queue": (
        "sns",
        "subscribe",
        lambda s: {"TopicArn": s["Desk"]["msgOut"], "Protocol": "sqs", "Endpoint": "x"},
    ),
    "receive from another": ("sqs", "receive_message", lambda s: queue(s, "Hotels", "rooms")),
    "send to another's queue": (
        "sqs",
        "send_message",
        lambda s: {**queue(s, "Hotels", "rooms"), "MessageBody": "m"},
    ),
    "delete another's messages": (
        "sqs",
        "delete_message",
        lambda s: {**queue(s, "Hotels", "rooms"), "ReceiptHandle": "none"},
    ),
    "read its own dead letters": (
        "sqs",
        "receive_message",
        lambda s: queue(s, "Flights", "bookings", "deadLetters"),
    ),
    "read another's table": (
        "dynamodb",
        "get_item",
        lambda s: {**table(s, "Desk", "trips"), **KEY},
    ),
    "write another's table": (
        "dynamodb",
        "put_item",
        lambda s: {**table(s, "Desk", "trips"), "Item": KEY["Key"]},
    ),
    "invoke a function that it does not name": (
        "lambda",
        "invoke",
        lambda s: {"FunctionName": s["Members"]["functions"]["access"]["function"]},
    ),
    "invoke an API's function past its authorizer": (
        "lambda",
        "invoke",
        lambda s: {"FunctionName": s["Lounges"]["apiFunction"]},
    ),
    "read a log": (
        "logs",
        "filter_log_events",
        lambda s: {"logGroupName": s["Flights"]["consumers"]["bookings"]["logGroup"]},
    ),
}


def topic(services: Services, service: str, kind: str) -> dict[str, str]:
    """Return a publication on a topic."""
    return {"TopicArn": services[service][kind], "Message": "{}"}


def queue(services: Services, service: str, consumer: str, kind: str = "queue") -> dict[str, str]:
    """Return the parameter that names a queue of a consumer."""
    return {"QueueUrl": services[service]["consumers"][consumer][kind]}


def table(services: Services, service: str, name: str) -> dict[str, str]:
    """Return the parameter that names a table."""
    return {"TableName": services[service]["tables"][name]}


def role_of(travel: Travel, service: str, consumer: str) -> str:
    """Return the ARN of the role of a consumer's function."""
    function = travel.services[service]["consumers"][consumer]["function"]
    return travel.aws.functions.get_function_configuration(FunctionName=function)["Role"]


@pytest.fixture(scope="module")
def stolen(travel: Travel) -> dict[str, str]:
    """Return credentials of the function of Flights. The emulator gives them to its root account;
    on AWS nobody but Lambda gets them.
    """
    sts = Account(travel.aws.endpoint).client("sts")
    arn = role_of(travel, "Flights", "bookings")
    credentials = sts.assume_role(RoleArn=arn, RoleSessionName="stolen")["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    """Return status and code of the error that a call raises."""
    with pytest.raises(ClientError) as caught:
        call()
    response: Any = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_a_function_may_do_nothing_that_the_topology_does_not_declare(
    travel: Travel, stolen: dict[str, str], call: Call
) -> None:
    service, operation, parameters = call
    client = Account(travel.aws.endpoint).client(service, **stolen)

    status, code = refusal(lambda: getattr(client, operation)(**parameters(travel.services)))

    assert status in (400, 403)
    assert "AccessDenied" in code or "AuthorizationError" in code


def test_a_function_does_not_assume_the_role_of_another(
    travel: Travel, stolen: dict[str, str]
) -> None:
    sts, arn = (
        Account(travel.aws.endpoint).client("sts", **stolen),
        role_of(travel, "Hotels", "rooms"),
    )

    assert refusal(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="me"))[0] == 403


def test_who_may_publish_one_kind_on_a_topic_may_publish_any(
    travel: Travel, stolen: dict[str, str]
) -> None:
    """IAM knows topics; the filters of the subscriptions know kinds."""
    sns = Account(travel.aws.endpoint).client("sns", **stolen)
    kind = {"msgTag": {"DataType": "String", "StringValue": "SomethingElse"}}

    published = sns.publish(**topic(travel.services, "Seats", "msgIn"), MessageAttributes=kind)

    assert published["MessageId"]
