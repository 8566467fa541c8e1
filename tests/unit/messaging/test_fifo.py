"""FIFO queues: nothing is copied, order within a group is kept, and no group waits for ever."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

import pytest

from contracts import Event
from messaging import Consumer, Context, Reject, Retry
from messaging.aws import clients as aws
from messaging.consumer.batch import BatchResponse
from messaging.limits import MAX_QUEUE_BYTES, MAX_VISIBILITY
from messaging.policy import RetryPolicy
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.sending.outgoing import derived_id
from messaging.settings import Settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from messaging.wire.encoding import size, text
from messaging.wire.header import Header
from ops.polling import wait_until
from tests.unit.messaging.doubles import (
    Calls,
    Killed,
    accept,
    consumer_that,
    fail,
    instead,
    item_key,
)
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]
TWO = RetryPolicy(max_attempts=2, base=0)
concurrencies = pytest.mark.parametrize("concurrency", [1, 4])


def put(harness: ConsumerHarness, *names: str) -> None:
    """Put an order on the queue for each name, which begins with its group: "a1"."""
    for name in names:
        harness.send(OrderPlaced(id=name), MessageGroupId=name[0])


def failing_on(bad: str, seen: list[str]) -> Consumer:
    def handle(order: OrderPlaced, _: Context) -> None:
        seen.append(order.id)
        if order.id == bad:
            fail()

    return consumer_that(handle)


def left(harness: ConsumerHarness) -> list[str]:
    """Take what is on the queue; return the ids."""
    return [message.read(OrderPlaced).id for message in harness.visible_messages()]


def refuse(**params: Any) -> Any:
    entries = params.get("Entries") or params["PublishBatchRequestEntries"]
    return {"Failed": [{"Id": each["Id"], "Code": "InternalError"} for each in entries]}


def kept(response: BatchResponse | None) -> int:
    assert response is not None
    return len(response["batchItemFailures"])


# Order.


@concurrencies
def test_the_first_failure_in_a_group_stops_that_group_only(
    make_harness: MakeHarness, concurrency: int
) -> None:
    harness, seen = make_harness(fifo=True, concurrency=concurrency), list[str]()
    put(harness, "a1", "b1", "a2", "b2", "a3")

    response = harness.deliver(failing_on("a1", seen))

    assert sorted(seen) == ["a1", "b1", "b2"]
    assert kept(response) == 3
    assert left(harness) == ["a1", "a2", "a3"]
    assert harness.requeued() == [], "nothing is copied"


@concurrencies
def test_order_is_kept_whatever_fails(make_harness: MakeHarness, concurrency: int) -> None:
    harness, done = make_harness(fifo=True, concurrency=concurrency), list[str]()
    tries: dict[str, int] = {}

    def every_other_time(order: OrderPlaced, _: Context) -> None:
        tries[order.id] = tries.get(order.id, 0) + 1
        if tries[order.id] == 1 and order.id[1] in "24":
            fail()
        done.append(order.id)

    put(harness, *(f"{group}{n}" for n in range(6) for group in "abc"))
    harness.run_until_idle(consumer_that(every_other_time))

    for group in "abc":
        assert [each for each in done if each[0] == group] == [f"{group}{n}" for n in range(6)]


def test_a_message_is_not_handled_before_what_came_before_it_has_left(
    make_harness: MakeHarness,
) -> None:
    """A message that comes back after its followers were handled would break the order."""
    harness, heard = make_harness(fifo=True, publishes=(OrderPacked,)), list[list[str]]()

    def handle(order: OrderPlaced, context: Context) -> None:
        heard.append([message.read(OrderPacked).id for message in harness.published()])
        context.publish(OrderPacked(id=order.id))

    put(harness, "a1", "a2", "a3")
    harness.deliver(consumer_that(handle))

    assert heard == [[], ["a1"], ["a2"]]


# Attempts and waiting.


def test_attempts_are_the_receive_count(make_harness: MakeHarness) -> None:
    harness, attempts = (
        make_harness(fifo=True, retry=RetryPolicy(max_attempts=4, base=0)),
        list[int](),
    )

    def never(_: OrderPlaced, context: Context) -> None:
        attempts.append(context.attempt)
        fail()

    put(harness, "a1")
    harness.run_until_idle(consumer_that(never))

    assert attempts == [1, 2, 3, 4]
    assert [letter.cause for letter in harness.dead_letters()] == ["attempts"]


def test_a_failed_message_and_its_followers_wait_as_the_policy_says(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(fifo=True, retry=RetryPolicy(schedule=(70, 80)))
    calls = Calls("sqs")
    put(harness, "a1", "a2")

    harness.deliver(consumer_that(fail))

    (change,) = calls.of("ChangeMessageVisibilityBatch")
    assert [entry["VisibilityTimeout"] for entry in change["Entries"]] == [70, 70]
    assert harness.visible_messages() == []


def test_no_wait_is_longer_than_what_is_left_of_twelve_hours(make_harness: MakeHarness) -> None:
    """SQS counts them from the receipt, and refuses more."""
    harness = make_harness(fifo=True)
    calls = Calls("sqs")
    put(harness, "a1")

    def tomorrow(*_: object) -> None:
        raise Retry(delay=86_400)

    harness.deliver(consumer_that(tomorrow))

    (change,) = calls.of("ChangeMessageVisibilityBatch")
    assert [entry["VisibilityTimeout"] for entry in change["Entries"]] == [MAX_VISIBILITY]
    assert MAX_VISIBILITY <= 12 * 3_600 - 15 * 60
    assert harness.visible_messages() == [], "SQS took it"


def test_close_to_the_deadline_a_group_goes_back_in_one_piece(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(fifo=True), list[str]()
    put(harness, "a1", "a2")

    response = harness.deliver(failing_on("", seen), seconds=0.3)

    assert (seen, kept(response)) == ([], 2)
    assert left(harness) == ["a1", "a2"]


# Dead letters.


@concurrencies
def test_a_dead_letter_lets_its_group_move_on(make_harness: MakeHarness, concurrency: int) -> None:
    harness, seen = make_harness(fifo=True, retry=TWO, concurrency=concurrency), list[str]()
    put(harness, "a1", "a2", "a3")

    harness.run_until_idle(failing_on("a2", seen))

    assert seen == ["a1", "a2", "a2", "a3"]
    assert [letter.read(OrderPlaced).id for letter in harness.dead_letters()] == ["a2"]


@pytest.mark.parametrize("body", ["hello", '{"id":1}'])
def test_a_message_nobody_understands_lets_its_group_move_on(
    make_harness: MakeHarness, body: str
) -> None:
    harness, seen = make_harness(fifo=True), list[str]()
    tag = {"msgTag": text("OrderPlaced")}
    harness.put(body, tag, MessageGroupId="a", MessageDeduplicationId="0")
    put(harness, "a1")

    harness.deliver(failing_on("", seen))

    assert seen == ["a1"]
    assert [letter.cause for letter in harness.dead_letters()] == ["invalid"]


@concurrencies
def test_a_dead_letter_that_cannot_be_sent_makes_its_group_wait(
    make_harness: MakeHarness, concurrency: int
) -> None:
    harness, seen = make_harness(fifo=True, retry=TWO, concurrency=concurrency), list[str]()
    put(harness, "a1", "b1", "a2")
    consumer = failing_on("a1", seen)
    harness.deliver(consumer)
    send = instead("sqs", "send_message_batch", refuse)

    response = harness.deliver(consumer)

    assert sorted(seen) == ["a1", "a1", "b1"]
    assert kept(response) == 2
    instead("sqs", "send_message_batch", send)
    harness.expire_visibility()
    harness.run_until_idle(consumer)
    assert seen[-1] == "a2"
    assert len(harness.dead_letters()) == 1


def test_a_dead_letter_is_sent_once_and_not_again_at_the_end(make_harness: MakeHarness) -> None:
    harness = make_harness(fifo=True)
    calls = Calls("sqs")
    harness.put("hello", MessageGroupId="a", MessageDeduplicationId="0")

    harness.deliver(consumer_that(accept))

    assert calls.names.count("SendMessageBatch") == 1


def test_dead_letters_have_their_group_and_an_id_of_their_own(make_harness: MakeHarness) -> None:
    harness = make_harness(fifo=True)
    calls = Calls("sqs")

    def refuse_all(*_: object) -> None:
        raise Reject("no")

    put(harness, "a1", "b1")
    harness.deliver(consumer_that(refuse_all))

    entries = [entry for call in calls.of("SendMessageBatch") for entry in call["Entries"]]
    assert [entry["MessageGroupId"] for entry in entries] == ["a", "b"]
    assert len({entry["MessageDeduplicationId"] for entry in entries}) == 2
    assert len(harness.dead_letters()) == 2


def test_a_dead_letter_in_two_parts_is_not_taken_for_one_and_its_copy(
    make_harness: MakeHarness,
) -> None:
    """The queue would swallow the second part, which is the message."""
    harness = make_harness(fifo=True)
    tag = {"msgTag": text("OrderPlaced")}
    body = "x" * (MAX_QUEUE_BYTES - size("", tag))
    harness.put(body, tag, MessageGroupId="a", MessageDeduplicationId="0")

    response = harness.deliver(consumer_that(accept))

    assert kept(response) == 0
    explanation, letter = harness.dead_letters()
    assert explanation.cause == "invalid"
    assert letter["Body"] == body


def test_a_message_that_is_dead_lettered_twice_gets_there_once(make_harness: MakeHarness) -> None:
    """The answer to the first sending was lost, so the message came again."""
    harness = make_harness(fifo=True)
    harness.put("hello", MessageGroupId="a", MessageDeduplicationId="0")

    def lost(**params: Any) -> Any:
        send(**params)
        raise ConnectionError

    send = instead("sqs", "send_message_batch", lost)
    assert kept(harness.deliver(consumer_that(accept))) == 1
    instead("sqs", "send_message_batch", send)
    harness.expire_visibility()
    assert kept(harness.deliver(consumer_that(accept))) == 0

    assert len(harness.dead_letters()) == 1


# What else may stop a group.


@concurrencies
def test_a_message_whose_own_messages_cannot_leave_makes_its_group_wait(
    make_harness: MakeHarness, concurrency: int
) -> None:
    harness = make_harness(fifo=True, publishes=(OrderPacked,), concurrency=concurrency)
    seen: list[str] = []

    def handle(order: OrderPlaced, context: Context) -> None:
        seen.append(order.id)
        context.publish(OrderPacked(id=order.id))

    put(harness, "a1", "a2")
    publish = instead("sns", "publish_batch", refuse)

    assert kept(harness.deliver(consumer_that(handle))) == 2
    assert seen == ["a1"]
    instead("sns", "publish_batch", publish)
    harness.run_until_idle(consumer_that(handle))
    assert seen == ["a1", "a1", "a2"]
    assert [message.read(OrderPacked).id for message in harness.published()] == ["a1", "a2"]


def test_a_skipped_duplicate_does_not_stop_its_group(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(fifo=True, guarantee="lease"), list[str]()
    harness.send(OrderPlaced(id="a1"), Header(id="same"), MessageGroupId="a")
    harness.deliver(failing_on("", seen))
    harness.send(
        OrderPlaced(id="a1"), Header(id="same"), MessageGroupId="a", MessageDeduplicationId="copy"
    )
    put(harness, "a2")

    response = harness.deliver(failing_on("", seen))

    assert seen == ["a1", "a2"]
    assert kept(response) == 0


def test_a_message_that_is_handled_elsewhere_makes_its_group_wait(
    make_harness: MakeHarness,
) -> None:
    harness, seen = make_harness(fifo=True, guarantee="lease"), list[str]()
    for entry in ({}, {"MessageDeduplicationId": "copy"}):
        harness.send(OrderPlaced(id="a1"), Header(id="same"), MessageGroupId="a", **entry)
    put(harness, "a2")

    response = harness.deliver(failing_on("", seen))

    assert seen == ["a1"], "its copy waits, and what follows the copy"
    assert kept(response) == 2
    assert harness.requeued() == []


@pytest.mark.parametrize(("receives", "delay"), [(1, 1), (4, 8), (6, 32), (7, 40), (500, 40)])
def test_a_message_that_is_handled_elsewhere_is_looked_at_again_in_its_place(
    make_harness: MakeHarness, receives: int, delay: int
) -> None:
    """Nothing can be written on it: the pauses grow with the receives, to the end of the lease."""
    harness = make_harness(fifo=True, guarantee="lease")
    item = {"id": item_key("same"), "status": "claimed"}
    lease = {"lease": str(int(time.time()) + 40), "expires": str(int(time.time()) + 60)}
    aws.client("dynamodb").put_item(
        TableName=harness.table,
        Item={name: {"S": value} for name, value in item.items()}
        | {name: {"N": value} for name, value in lease.items()},
    )
    copy = sent(
        OrderPlaced(id="a1"),
        Header(id="same"),
        receive_count=receives,
        system={"MessageGroupId": "a", "SequenceNumber": "1"},
    )
    calls = Calls("sqs")

    consumer_that(accept)(event(copy), FakeLambdaContext())

    (change,) = calls.of("ChangeMessageVisibilityBatch")[-1:]
    (entry,) = change["Entries"]
    assert delay - 2 < entry["VisibilityTimeout"] <= delay


def test_a_claim_on_a_message_that_must_wait_is_given_up(make_harness: MakeHarness) -> None:
    harness = make_harness(fifo=True, guarantee="lease")
    put(harness, "a1", "a2")

    harness.deliver(consumer_that(fail))

    assert aws.client("dynamodb").scan(TableName=harness.table)["Items"] == []


# Publishing in order.


class Shipped(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Shipped"
    group: ClassVar[str | None] = "customer"

    customer: str


def shipped(customer: str) -> dict[str, Any]:
    config = Settings(stage="test", service="Shop", msg_out_arn="", publishes=("Shipped",))
    return compose(
        Shipped(customer=customer), Header(id="m"), config, Address("topic", "topic.fifo")
    ).entry()


def test_on_a_fifo_topic_a_message_has_its_group_and_its_own_id() -> None:
    entry = shipped("c1")
    assert entry["MessageGroupId"] == "c1"
    assert entry["MessageDeduplicationId"] == derived_id("Shipped", "/test/Shop", "m")


@pytest.mark.parametrize("customer", ["x" * 129, "Grüße", "two words", "line\nbreak"])
def test_a_group_that_sns_would_refuse_is_another_one_for_each_value(customer: str) -> None:
    group = shipped(customer)["MessageGroupId"]
    assert group == shipped(customer)["MessageGroupId"] != shipped(customer + "!")["MessageGroupId"]
    assert len(group) <= 128
    assert group.isascii()


# Suspects.


def suspect(name: str, **system: Any) -> dict[str, Any]:
    """Return a record that was received more often than its attempts explain."""
    return sent(
        OrderPlaced(id=name),
        receive_count=9,
        sqs_id=name,
        system={"MessageGroupId": name[0], "SequenceNumber": name[1], **system},
    )


def test_what_follows_a_suspect_in_its_group_waits_for_it(make_harness: MakeHarness) -> None:
    make_harness(fifo=True)
    seen: list[str] = []
    records = [suspect("a1"), *(_fresh(name) for name in ("a2", "b1"))]

    response = failing_on("", seen)(event(*records), FakeLambdaContext())

    assert seen == ["b1", "a1"]
    assert [item["itemIdentifier"] for item in response["batchItemFailures"]] == ["a2"]


def test_a_suspect_waits_for_a_dead_letter_before_it_that_could_not_be_sent(
    make_harness: MakeHarness,
) -> None:
    make_harness(fifo=True)
    seen: list[str] = []
    unreadable = _fresh("a1")
    unreadable["body"] = "hello"
    instead("sqs", "send_message_batch", refuse)

    response = failing_on("", seen)(event(unreadable, suspect("a2")), FakeLambdaContext())

    assert seen == []
    assert [item["itemIdentifier"] for item in response["batchItemFailures"]] == ["a1", "a2"]


def test_a_suspect_is_not_stopped_by_another_group(make_harness: MakeHarness) -> None:
    make_harness(fifo=True)
    seen: list[str] = []

    failing_on("b1", seen)(event(_fresh("b1"), suspect("a2")), FakeLambdaContext())

    assert seen == ["b1", "a2"]


def test_a_message_that_ends_the_process_does_not_stop_other_groups_for_ever(
    make_harness: MakeHarness,
) -> None:
    harness, done = make_harness(fifo=True, retry=TWO), list[str]()

    def handle(order: OrderPlaced, _: Context) -> None:
        if order.id == "a1":
            raise Killed
        done.append(order.id)

    put(harness, "b1", "a1", "a2", "c1")
    consumer = consumer_that(handle)
    # More often than its attempts explain: from then on it is handled alone.
    for _ in range(3):
        with suppress(Killed):
            harness.deliver(consumer)
        harness.expire_visibility()

    def others_are_done() -> bool:
        with suppress(Killed):
            harness.deliver(consumer)
        return {"b1", "c1"} <= set(done)

    # It is invisible for the rest of its invocation, they are not.
    wait_until(others_are_done, "the other groups", seconds=10)
    assert "a2" not in done, "its group waits for SQS's own last net"


def _fresh(name: str) -> dict[str, Any]:
    system = {"MessageGroupId": name[0], "SequenceNumber": name[1]}
    return sent(OrderPlaced(id=name), sqs_id=name, system=system)
