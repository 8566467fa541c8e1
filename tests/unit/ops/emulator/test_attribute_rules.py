"""Attributes that SQS and SNS refuse: by every way to send them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.ops.emulator.conftest import Account, refusal, text

pytestmark = pytest.mark.emulator

REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "an empty text": ("a", text("")),
    "an empty number": ("a", text("", "Number")),
    "an empty binary value": ("a", {"DataType": "Binary", "BinaryValue": b""}),
    "no value": ("a", {"DataType": "String"}),
    "a binary type with a text": ("a", text("x", "Binary")),
    "a text type with a binary value": ("a", {"DataType": "String", "BinaryValue": b"x"}),
    "two values": ("a", {"DataType": "String", "StringValue": "x", "BinaryValue": b"x"}),
    "an unknown type": ("a", text("x", "Text")),
    "a type without its label": ("a", text("x", "String.")),
    "a type of another case": ("a", text("x", "string")),
    "a type that is too long": ("a", text("x", f"String.{'x' * 250}")),
    "a reserved name": ("AWS.a", text("x")),
    "a reserved name in another case": ("amazon.a", text("x")),
    "a name with a space": ("a b", text("x")),
    "a name with a letter beyond ASCII": ("é", text("x")),
    "a name with two periods": ("a..b", text("x")),
    "a name that begins with a period": (".a", text("x")),
    "a name that ends with a period": ("a.", text("x")),
    "a name that is too long": ("a" * 257, text("x")),
    "a number that is none": ("a", text("five", "Number")),
    "a number that is infinite": ("a", text("Infinity", "Number")),
    "a number with a label that is none": ("a", text("five", "Number.int")),
    "a number with 39 digits": ("a", text("1" * 39, "Number")),
    "a number that is too large": ("a", text("1e127", "Number")),
    "a number that is too small": ("a", text("1e-129", "Number")),
    "a control character": ("a", text("x\x01")),
    "a character outside Unicode's text": ("a", text("x\ufffe")),
}
ACCEPTED: dict[str, tuple[str, dict[str, Any]]] = {
    "a text": ("a", text("x")),
    "a text at the edges of the character set": ("a", text("\t\n\r \ud7ff\ue000\ufffd\U0010ffff")),
    "a list": ("a", text('["x", 1]', "String.Array")),
    "a label": ("a", text("5", "Number.float")),
    "a number": ("a", text("-12.5e3", "Number")),
    "a number with 38 digits": ("a", text("1" * 38, "Number")),
    "a binary value": ("a", {"DataType": "Binary", "BinaryValue": b"\x00\xff"}),
    "a name of 256 characters": ("a" * 256, text("x")),
    "a name like a reserved one": ("AWSome.a", text("x")),
}
Send = Callable[..., Any]


def send(account: Account, queue: str, attributes: dict[str, Any]) -> Any:
    return account.sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=attributes)


def send_batch(account: Account, queue: str, *attributes: dict[str, Any]) -> Any:
    entries = [
        {"Id": str(n), "MessageBody": "x", "MessageAttributes": each}
        for n, each in enumerate(attributes)
    ]
    return account.sqs.send_message_batch(QueueUrl=queue, Entries=entries)


def publish(account: Account, topic: str, attributes: dict[str, Any]) -> Any:
    return account.sns.publish(TopicArn=topic, Message="x", MessageAttributes=attributes)


def publish_batch(account: Account, topic: str, *attributes: dict[str, Any]) -> Any:
    entries = [
        {"Id": str(n), "Message": "x", "MessageAttributes": each}
        for n, each in enumerate(attributes)
    ]
    return account.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)


@pytest.mark.parametrize("case", REFUSED)
def test_a_queue_refuses_an_invalid_attribute(account: Account, case: str) -> None:
    name, attribute = REFUSED[case]
    queue = account.queue()
    code = refusal(send, account=account, queue=queue, attributes={name: attribute})
    assert code == "InvalidParameterValue"
    assert account.received(queue) == []


def test_a_queue_refuses_invalid_entries_of_a_batch_one_by_one(account: Account) -> None:
    queue = account.queue()
    for cases in zip(*[iter(REFUSED.values())] * 9, strict=False):
        answer = send_batch(account, queue, {"a": text("x")}, *({n: each} for n, each in cases))
        assert [each["Id"] for each in answer["Successful"]] == ["0"]
        assert {each["Code"] for each in answer["Failed"]} == {"InvalidParameterValue"}
        assert all(each["SenderFault"] for each in answer["Failed"])


@pytest.mark.parametrize("case", REFUSED)
def test_a_topic_refuses_an_invalid_attribute(account: Account, case: str) -> None:
    name, attribute = REFUSED[case]
    code = refusal(publish, account=account, topic=account.topic(), attributes={name: attribute})
    assert code == "ParameterValueInvalid"


def test_a_topic_refuses_a_whole_batch_for_one_invalid_attribute(account: Account) -> None:
    topic, queue = account.topic(), account.queue()
    account.subscribe(topic, queue)
    for name, attribute in REFUSED.values():
        with pytest.raises(account.sns.exceptions.InvalidParameterValueException):
            publish_batch(account, topic, {"a": text("x")}, {name: attribute})
    assert account.received(queue) == []


@pytest.mark.parametrize("case", ACCEPTED)
def test_valid_attributes_arrive_as_they_were_sent(account: Account, case: str) -> None:
    name, attribute = ACCEPTED[case]
    topic, queue = account.topic(), account.queue()
    account.subscribe(topic, queue)
    send(account, queue, {name: attribute})
    send_batch(account, queue, {name: attribute})
    publish(account, topic, {name: attribute})
    publish_batch(account, topic, {name: attribute})
    found = [message["MessageAttributes"] for message in account.received(queue)]
    assert found == [{name: attribute}] * 4


def test_a_queue_takes_ten_attributes_and_no_more(account: Account) -> None:
    queue = account.queue()
    ten = {f"a{n}": text("x") for n in range(10)}
    send(account, queue, ten)
    eleven = {**ten, "b": text("x")}
    code = refusal(send, account=account, queue=queue, attributes=eleven)
    assert code == "InvalidParameterValue"
    (failed,) = send_batch(account, queue, ten, eleven)["Failed"]
    assert (failed["Id"], failed["Code"]) == ("1", "InvalidParameterValue")
