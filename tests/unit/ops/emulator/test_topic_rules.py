"""Messages and batches that SNS refuses, and messages that it cannot deliver."""

from typing import Any

import pytest

from tests.unit.ops.emulator.conftest import Account, malformed_batches, refusal, text

pytestmark = pytest.mark.emulator

MAX = 262_144
TEN = {f"a{n}": text("x") for n in range(10)}
ELEVEN = {**TEN, "b": text("x")}


def entries(*messages: str, **more: Any) -> list[dict[str, Any]]:
    return [{"Id": str(n), "Message": message, **more} for n, message in enumerate(messages)]


def test_attributes_count_towards_the_size_of_a_message(account: Account) -> None:
    topic, attributes = account.topic(), {"a": text("x")}
    # "a", "String" and "x" are eight bytes.
    account.sns.publish(TopicArn=topic, Message="x" * (MAX - 8), MessageAttributes=attributes)
    code = refusal(
        account.sns.publish,
        TopicArn=topic,
        Message="x" * (MAX - 7),
        MessageAttributes=attributes,
    )
    assert code == "InvalidParameter"


def test_attributes_count_towards_the_size_of_a_batch(account: Account) -> None:
    topic, half, attributes = account.topic(), "x" * (MAX // 2), {"a": text("x")}
    account.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries(half, half))
    code = refusal(
        account.sns.publish_batch,
        TopicArn=topic,
        PublishBatchRequestEntries=entries(half, half, MessageAttributes=attributes),
    )
    assert code == "BatchRequestTooLong"


@malformed_batches
def test_a_topic_refuses_a_malformed_batch(account: Account, ids: Any, code: str) -> None:
    found = refusal(
        account.sns.publish_batch,
        TopicArn=account.topic(),
        PublishBatchRequestEntries=[{"Id": str(each), "Message": "x"} for each in ids],
    )
    assert found == code


def test_a_topic_refuses_an_empty_message(account: Account) -> None:
    topic = account.topic()
    assert refusal(account.sns.publish, TopicArn=topic, Message="") == "InvalidParameter"
    code = refusal(
        account.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries("x", "")
    )
    assert code == "InvalidParameter"


@pytest.mark.parametrize(
    "ids",
    [
        {},
        {"MessageGroupId": "x y"},
        {"MessageGroupId": "x" * 129},
        {"MessageGroupId": "g", "MessageDeduplicationId": "x y"},
    ],
)
def test_a_fifo_topic_refuses_a_missing_or_invalid_id(
    account: Account, ids: dict[str, str]
) -> None:
    topic = account.topic(fifo=True)
    assert refusal(account.sns.publish, TopicArn=topic, Message="x", **ids) == "InvalidParameter"
    code = refusal(
        account.sns.publish_batch,
        TopicArn=topic,
        PublishBatchRequestEntries=[
            {"Id": "0", "Message": "x", "MessageGroupId": "g"},
            {"Id": "1", "Message": "y", **ids},
        ],
    )
    assert code == "InvalidParameter"


def test_a_standard_topic_refuses_a_deduplication_id(account: Account) -> None:
    code = refusal(
        account.sns.publish, TopicArn=account.topic(), Message="x", MessageDeduplicationId="d"
    )
    assert code == "InvalidParameter"


def test_a_missing_topic_is_reported(account: Account) -> None:
    topic = account.topic() + "-missing"
    assert refusal(account.sns.publish, TopicArn=topic, Message="x") == "NotFound"
    code = refusal(
        account.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries("x")
    )
    assert code == "NotFound"


def test_a_batch_on_a_standard_topic_keeps_the_message_groups(account: Account) -> None:
    topic, queue = account.topic(), account.queue()
    account.subscribe(topic, queue)
    account.sns.publish_batch(
        TopicArn=topic, PublishBatchRequestEntries=entries("x", MessageGroupId="g")
    )
    (message,) = account.received(queue)
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_batch_on_a_fifo_topic_returns_sequence_numbers(account: Account) -> None:
    topic, queue = account.topic(fifo=True), account.queue(fifo=True)
    account.subscribe(topic, queue)
    published = account.sns.publish_batch(
        TopicArn=topic, PublishBatchRequestEntries=entries("x", "y", "x", MessageGroupId="g")
    )["Successful"]
    # The third is a duplicate of the first.
    assert published[0]["MessageId"] == published[2]["MessageId"]
    assert published[0]["SequenceNumber"] < published[1]["SequenceNumber"]
    assert [message["Body"] for message in account.received(queue)] == ["x", "y"]


@pytest.mark.parametrize("batch", [False, True])
def test_eleven_attributes_are_accepted_and_delivered_to_no_raw_subscription(
    account: Account, batch: bool
) -> None:
    topic, raw, wrapped = account.topic(), account.queue(), account.queue()
    account.subscribe(topic, raw)
    account.subscribe(topic, wrapped, RawMessageDelivery="false")
    for attributes in (TEN, ELEVEN):
        if batch:
            account.sns.publish_batch(
                TopicArn=topic,
                PublishBatchRequestEntries=entries("x", MessageAttributes=attributes),
            )
        else:
            account.sns.publish(TopicArn=topic, Message="x", MessageAttributes=attributes)
    (delivered,) = account.received(raw)
    assert delivered["MessageAttributes"] == TEN
    assert len(account.received(wrapped)) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"Message": "x", "MessageAttributes": ELEVEN}, "InvalidParameterValue"),
        ({"Message": "x" * 1025}, "InvalidParameterValue"),
    ],
)
def test_what_a_queue_refuses_goes_to_the_dead_letter_queue_of_the_subscription(
    account: Account, content: dict[str, Any], code: str
) -> None:
    topic, queue, dead = account.topic(), account.queue(MaximumMessageSize="1024"), account.queue()
    account.subscribe(topic, queue, RedrivePolicy={"deadLetterTargetArn": account.arn(dead)})
    account.sns.publish(TopicArn=topic, **content)
    assert account.received(queue) == []
    (letter,) = account.received(dead)
    assert letter["Body"] == content["Message"]
    assert letter["MessageAttributes"]["ErrorCode"] == text(code)


def test_a_body_that_no_queue_takes_is_not_delivered_raw(account: Account) -> None:
    topic, raw, wrapped = account.topic(), account.queue(), account.queue()
    account.subscribe(topic, raw)
    account.subscribe(topic, wrapped, RawMessageDelivery="false")
    account.sns.publish(TopicArn=topic, Message="x\x01")
    assert account.received(raw) == []
    assert len(account.received(wrapped)) == 1
