"""Defects found under real failures."""

from collections.abc import Callable
from typing import Any

import pytest

from messaging import Context
from messaging.limits import MAX_QUEUE_BYTES
from messaging.policy import RetryPolicy
from messaging.testing import (
    ConsumerHarness,
    FakeLambdaContext,
    Sender,
    event,
    record,
    sent,
    state,
)
from messaging.wire.encoding import size, text, to_json
from tests.unit.messaging.doubles import Calls, Killed, accept, consumer_that, fail, instead
from tests.unit.messaging.orders import OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]


def test_a_claim_whose_response_was_lost_is_recognized(make_harness: MakeHarness) -> None:
    """Found by the chaos flow: the SDK's second try met its own claim, and the message waited
    until that lease was over.
    """
    harness, seen = make_harness(guarantee="lease"), list[str]()

    def twice(**params: Any) -> Any:
        put(**params)
        return put(**params)

    put = instead("dynamodb", "put_item", twice)
    harness.send(OrderPlaced(id="1"))

    def note(order: OrderPlaced, _: Context) -> None:
        seen.append(order.id)

    harness.deliver(consumer_that(note))

    assert seen == ["1"]


def test_a_claim_of_another_invocation_is_respected(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(guarantee="lease"), list[str]()

    def second(**params: Any) -> Any:
        other = {**params["Item"], "owner": {"S": "another invocation"}}
        put(**{**params, "Item": other})
        return put(**params)

    put = instead("dynamodb", "put_item", second)
    harness.send(OrderPlaced(id="1"))

    harness.deliver(consumer_that(lambda order, _: seen.append(order.id)))

    assert seen == []


@pytest.mark.parametrize("attributes", [[1], {"msgTag": 1}, {"msgTag": {"Type": 1}}])
def test_a_wrapped_message_with_odd_attributes_does_not_fail_its_batch(
    make_harness: MakeHarness, attributes: object
) -> None:
    """Found by the invariant: AttributeError for the whole batch, until SQS dead-lettered it."""
    harness = make_harness()
    odd = {"Type": "Notification", "TopicArn": "arn", "Message": "{}"}
    harness.put(to_json({**odd, "MessageAttributes": attributes}))
    harness.send(OrderPlaced(id="1"))

    harness.run_until_idle(consumer_that(accept))

    (letter,) = harness.dead_letters()
    assert letter.cause == "invalid"


def test_attributes_count_when_a_message_is_too_large_to_copy(make_harness: MakeHarness) -> None:
    """Found by the invariant: only the body was measured, so that the copy was refused and the
    first attempt repeated until SQS dead-lettered the message.
    """
    make_harness(retry=RetryPolicy(max_attempts=2, base=0))
    seen: list[int] = []
    body, attributes = '{"id":"1"}', {"msgTag": text("OrderPlaced")}
    room = MAX_QUEUE_BYTES - size(body, attributes) - 100
    large = {**attributes, "large": text("x" * room)}

    def note_and_fail(_: OrderPlaced, context: Context) -> None:
        seen.append(context.attempt)
        fail()

    for count in (1, 2):
        received = record(body, large, receive_count=count)
        consumer_that(note_and_fail)(event(received), FakeLambdaContext())

    assert seen == [1, 2]


@pytest.mark.parametrize("received", [2, 3, 9])
def test_in_a_fifo_queue_no_attempt_is_higher_than_allowed(
    make_harness: MakeHarness, received: int
) -> None:
    """Found by the invariant: a message is received again each time an earlier one of its group
    fails, or its dead letter cannot be sent.
    """
    harness, seen = make_harness(fifo=True, retry=RetryPolicy(max_attempts=2, base=0)), list[int]()
    group = {"MessageGroupId": "a", "SequenceNumber": "1"}
    late = sent(OrderPlaced(id="1"), receive_count=received, system=group)

    def note(_: OrderPlaced, context: Context) -> None:
        seen.append(context.attempt)

    consumer_that(note)(event(late), FakeLambdaContext())

    assert seen == [2]
    assert harness.dead_letters() == []


def test_a_dead_letter_counts_the_attempts_that_were_made(make_harness: MakeHarness) -> None:
    """Found by the invariant: the receipt at which a crash is noticed counted as one more."""
    harness = make_harness(retry=RetryPolicy(max_attempts=2, base=0))
    past = '{"attempt":2,"firstreceived":"2026-01-01T00:00:00Z","suspect":true}'
    deadly = sent(OrderPlaced(id="1"), receive_count=2, sender=Sender.CONSUMER)
    deadly["messageAttributes"]["retry"] = {"dataType": "String", "stringValue": past}

    consumer_that(accept)(event(deadly), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert (letter.cause, state(letter["MessageAttributes"]["deadLetter"])["attempts"]) == (
        "crash",
        2,
    )


def test_an_unreadable_message_waits_its_turn_in_its_group(make_harness: MakeHarness) -> None:
    """Found by the invariant: after a failed message it was neither returned nor dead-lettered."""
    harness = make_harness(fifo=True, on_requeue_failure="raise")
    harness.send(OrderPlaced(id="1"), MessageGroupId="a")
    harness.put("?", MessageGroupId="a", MessageDeduplicationId="?")

    response = harness.deliver(consumer_that(fail))

    assert response is not None
    assert len(response["batchItemFailures"]) == 2
    harness.run_until_idle(consumer_that(accept))
    assert [letter["Body"] for letter in harness.dead_letters()] == ["?"]


def test_suspects_are_requeued_before_any_handler_runs(make_harness: MakeHarness) -> None:
    """Found by the invariant: a deadly message too large to copy took its batch-mates with it each
    time, until SQS dead-lettered them all.
    """
    make_harness()
    calls = Calls("sqs")
    large = sent(OrderPlaced(id="deadly"), receive_count=2)
    large["body"] += " " * (MAX_QUEUE_BYTES - 1_000)
    mate = sent(OrderPlaced(id="mate"), receive_count=2)

    def die(order: OrderPlaced, _: Context) -> None:
        assert order.id == "deadly"
        raise Killed

    with pytest.raises(Killed):
        consumer_that(die)(event(large, mate), FakeLambdaContext())

    assert calls.names == ["SendMessageBatch", "DeleteMessageBatch"]
    (copies,) = calls.of("SendMessageBatch")
    assert [entry["MessageBody"] for entry in copies["Entries"]] == [mate["body"]]
