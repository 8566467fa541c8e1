"""Bodies, sizes, delays and batches that SQS refuses."""

from typing import Any

import pytest

from tests.unit.ops.emulator.conftest import Account, malformed_batches, refusal, text

pytestmark = pytest.mark.emulator

MAX = 1_048_576


def entries(*bodies: str, **more: Any) -> list[dict[str, Any]]:
    return [{"Id": str(n), "MessageBody": body, **more} for n, body in enumerate(bodies)]


@pytest.mark.parametrize("body", ["\x00", "x\x0b", "\x1f", "\ufffe", "\uffff"])
def test_a_queue_refuses_characters_outside_the_allowed_set(account: Account, body: str) -> None:
    queue = account.queue()
    code = refusal(account.sqs.send_message, QueueUrl=queue, MessageBody=body)
    assert code == "InvalidMessageContents"
    answer = account.sqs.send_message_batch(QueueUrl=queue, Entries=entries("x", body))
    assert [each["Code"] for each in answer["Failed"]] == ["InvalidMessageContents"]


def test_a_queue_refuses_an_empty_body(account: Account) -> None:
    code = refusal(account.sqs.send_message, QueueUrl=account.queue(), MessageBody="")
    assert code == "MissingParameter"


def test_attributes_count_towards_the_size_of_a_message(account: Account) -> None:
    queue, attributes = account.queue(), {"a": text("x")}
    # "a", "String" and "x" are eight bytes.
    account.sqs.send_message(
        QueueUrl=queue, MessageBody="x" * (MAX - 8), MessageAttributes=attributes
    )
    for body in ("x" * (MAX - 7), "é" * (MAX // 2 - 3)):
        code = refusal(
            account.sqs.send_message,
            QueueUrl=queue,
            MessageBody=body,
            MessageAttributes=attributes,
        )
        assert code == "InvalidParameterValue"


def test_binary_values_count_with_their_bytes(account: Account) -> None:
    queue = account.queue()
    for size, accepted in ((MAX - 8, True), (MAX - 7, False)):
        binary = {"a": {"DataType": "Binary", "BinaryValue": b"\x00" * size}}
        arguments = {"QueueUrl": queue, "MessageBody": "x", "MessageAttributes": binary}
        if accepted:
            account.sqs.send_message(**arguments)
        else:
            assert refusal(account.sqs.send_message, **arguments) == "InvalidParameterValue"


def test_a_queue_refuses_more_bytes_than_its_own_maximum(account: Account) -> None:
    queue = account.queue(MaximumMessageSize="1024")
    account.sqs.send_message(QueueUrl=queue, MessageBody="x" * 1024)
    code = refusal(account.sqs.send_message, QueueUrl=queue, MessageBody="x" * 1025)
    assert code == "InvalidParameterValue"


def test_attributes_count_towards_the_size_of_a_batch(account: Account) -> None:
    queue, half, attributes = account.queue(), "x" * (MAX // 2), {"a": text("x")}
    account.sqs.send_message_batch(QueueUrl=queue, Entries=entries(half, half))
    code = refusal(
        account.sqs.send_message_batch,
        QueueUrl=queue,
        Entries=entries(half, half, MessageAttributes=attributes),
    )
    assert code == "AWS.SimpleQueueService.BatchRequestTooLong"


@malformed_batches
def test_a_queue_refuses_a_malformed_batch(account: Account, ids: Any, code: str) -> None:
    found = refusal(
        account.sqs.send_message_batch,
        QueueUrl=account.queue(),
        Entries=[{"Id": str(each), "MessageBody": "x"} for each in ids],
    )
    assert found == f"AWS.SimpleQueueService.{code}"


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_queue_refuses_a_delay_out_of_range(account: Account, delay: int) -> None:
    queue = account.queue()
    code = refusal(account.sqs.send_message, QueueUrl=queue, MessageBody="x", DelaySeconds=delay)
    assert code == "InvalidParameterValue"
    answer = account.sqs.send_message_batch(
        QueueUrl=queue, Entries=entries("x", DelaySeconds=delay)
    )
    assert [each["Code"] for each in answer["Failed"]] == ["InvalidParameterValue"]


def test_a_queue_takes_the_longest_delay(account: Account) -> None:
    queue = account.queue()
    account.sqs.send_message(QueueUrl=queue, MessageBody="x", DelaySeconds=900)
    assert account.received(queue) == []


def test_a_fifo_queue_refuses_a_delay_of_one_message(account: Account) -> None:
    code = refusal(
        account.sqs.send_message,
        QueueUrl=account.queue(fifo=True),
        MessageBody="x",
        MessageGroupId="g",
        DelaySeconds=1,
    )
    assert code == "InvalidParameterValue"


def test_a_fifo_queue_refuses_a_message_without_a_group(account: Account) -> None:
    queue = account.queue(fifo=True)
    code = refusal(account.sqs.send_message, QueueUrl=queue, MessageBody="x")
    assert code == "MissingParameter"


@pytest.mark.parametrize("parameter", ["MessageGroupId", "MessageDeduplicationId"])
@pytest.mark.parametrize("value", ["", "x y", "é", "x" * 129])
def test_a_queue_refuses_an_invalid_id(account: Account, parameter: str, value: str) -> None:
    ids = {"MessageGroupId": "g", "MessageDeduplicationId": "d", parameter: value}
    queue = account.queue(fifo=True)
    code = refusal(account.sqs.send_message, QueueUrl=queue, MessageBody="x", **ids)
    assert code == "InvalidParameterValue"


def test_a_standard_queue_takes_a_group_and_refuses_a_deduplication_id(account: Account) -> None:
    queue = account.queue()
    account.sqs.send_message(QueueUrl=queue, MessageBody="x", MessageGroupId="g")
    code = refusal(
        account.sqs.send_message, QueueUrl=queue, MessageBody="x", MessageDeduplicationId="d"
    )
    assert code == "InvalidParameterValue"


def test_a_missing_queue_is_reported(account: Account) -> None:
    code = refusal(account.sqs.send_message, QueueUrl=account.queue() + "-missing", MessageBody="x")
    assert code == "AWS.SimpleQueueService.NonExistentQueue"
