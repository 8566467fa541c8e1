"""The id of the sender that a message carries, in ReceiveMessage and in an event record."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.local.environment import ACCOUNT
from ops.polling import wait_until
from tests.unit.ops.emulator.conftest import ANYTHING, Account, name, role_template

pytestmark = pytest.mark.emulator

# Sends the SenderId of each record to the queue OUT; without records, the text "direct".
ECHO = """
import boto3, os

def handler(event, context):
    sqs = boto3.client("sqs")
    senders = [each["attributes"]["SenderId"] for each in event.get("Records", [])]
    for sender in senders or ["direct"]:
        sqs.send_message(QueueUrl=os.environ["OUT"], MessageBody=sender)
"""


def the_sender(account: Account, queue: str) -> str:
    (message,) = account.received(queue, seconds=5)
    return str(message["Attributes"]["SenderId"])


@pytest.fixture(scope="module")
def session(account: Account) -> tuple[str, dict[str, str]]:
    """The id of a session of a role that a template creates, and the session's credentials."""
    found = account.stack(
        {"Role": role_template({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})},
        {
            "Id": {"Value": {"Fn::GetAtt": ["Role", "RoleId"]}},
            "Arn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}},
            "Name": {"Value": {"Ref": "Role"}},
        },
    )
    assert account.client("iam").get_role(RoleName=found["Name"])["Role"]["RoleId"] == found["Id"]
    answer = account.client("sts").assume_role(RoleArn=found["Arn"], RoleSessionName="me")
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == f"{found['Id']}:me"
    credentials = answer["Credentials"]
    return f"{found['Id']}:me", {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def test_root_credentials_give_the_account(account: Account) -> None:
    queue = account.queue()
    account.sqs.send_message(QueueUrl=queue, MessageBody="x")
    assert the_sender(account, queue) == ACCOUNT


def test_a_user_gives_its_user_id(account: Account) -> None:
    queue, user, iam = account.queue(), name(), account.client("iam")
    user_id = iam.create_user(UserName=user)["User"]["UserId"]
    iam.put_user_policy(
        UserName=user, PolicyName="all", PolicyDocument=json.dumps({"Statement": [ANYTHING]})
    )
    key = iam.create_access_key(UserName=user)["AccessKey"]
    sqs = account.client(
        "sqs",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    assert the_sender(account, queue) == user_id


def test_a_session_of_a_role_gives_the_ids_of_role_and_session(
    account: Account, session: tuple[str, dict[str, str]]
) -> None:
    queue, (sender, credentials) = account.queue(), session
    sqs = account.client("sqs", **credentials)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    assert the_sender(account, queue) == sender
    sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "0", "MessageBody": "x"}])
    assert the_sender(account, queue) == sender


def test_what_sns_delivers_has_the_id_of_sns(
    account: Account, session: tuple[str, dict[str, str]]
) -> None:
    topic, queue = account.topic(), account.queue()
    account.subscribe(topic, queue)
    senders = set()
    for sns in (account.sns, account.client("sns", **session[1])):
        sns.publish(TopicArn=topic, Message="x")
        senders.add(the_sender(account, queue))
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "0", "Message": "x"}])
        senders.add(the_sender(account, queue))
    (sender,) = senders
    assert sender.startswith("AIDA")
    assert (len(sender), ":" in sender) == (21, False)


def test_a_message_that_sqs_moves_keeps_its_sender(
    account: Account, session: tuple[str, dict[str, str]]
) -> None:
    dead, (sender, credentials) = account.queue(), session
    redrive = {"deadLetterTargetArn": account.arn(dead), "maxReceiveCount": 1}
    queue = account.queue(RedrivePolicy=json.dumps(redrive), VisibilityTimeout="0")
    account.client("sqs", **credentials).send_message(QueueUrl=queue, MessageBody="x")
    assert len(account.received(queue)) == 1
    assert account.received(queue) == []
    assert the_sender(account, dead) == sender


@pytest.fixture(scope="module")
def echo(account: Account) -> tuple[str, str, Callable[[], set[tuple[str, str]]]]:
    """A function that consumes a queue: the id of its session, its queue, and what it sent."""
    source, out = account.queue(), account.queue()
    function: dict[str, Any] = {
        "FunctionName": name(),
        "Handler": "index.handler",
        "Runtime": "python3.12",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": ECHO},
        "Environment": {"Variables": {"OUT": out}},
    }
    mapping = {"FunctionName": {"Ref": "Function"}, "EventSourceArn": account.arn(source)}
    found = account.stack(
        {
            "Role": role_template({"Service": "lambda.amazonaws.com"}),
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
        },
        {"Id": {"Value": {"Fn::GetAtt": ["Role", "RoleId"]}}},
    )

    def sent() -> set[tuple[str, str]]:
        messages = account.received(out, seconds=1)
        return {(each["Body"], each["Attributes"]["SenderId"]) for each in messages}

    return f"{found['Id']}:{function['FunctionName']}", source, sent


def test_an_event_record_has_the_sender_of_the_message(
    account: Account, echo: Any, session: tuple[str, dict[str, str]]
) -> None:
    function, queue, sent = echo
    sender, credentials = session
    account.client("sqs", **credentials).send_message(QueueUrl=queue, MessageBody="x")
    assert wait_until(sent, "the echo") == {(sender, function)}


def test_an_event_record_of_a_published_message_has_the_id_of_sns(
    account: Account, echo: Any
) -> None:
    function, queue, sent = echo
    topic, other = account.topic(), account.queue()
    for each in (queue, other):
        account.subscribe(topic, each)
    account.sns.publish(TopicArn=topic, Message="x")
    assert wait_until(sent, "the echo") == {(the_sender(account, other), function)}
