"""A message stays what it is, byte for byte, whatever way it takes."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import Phase, example, given, settings, strategies as st
from moto import mock_aws

from messaging import Context
from messaging.limits import MAX_QUEUE_BYTES
from messaging.policy import RetryPolicy
from messaging.testing import ConsumerHarness, Message, Sender
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope
from messaging.wire.packing import pack
from tests.unit.messaging.doubles import consumer_that, fail
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.messaging.round_trips import (
    OWN,
    STEPS,
    InQueue,
    Step,
    by_hand,
    forward,
    messages,
    notification,
    release,
    requeue,
)

_TAG = {"msgTag": wire.text("PackOrder")}
_BYTES = {f"b{n}": {"DataType": "Binary.gif", "BinaryValue": bytes([n, 255])} for n in range(9)}
_NUMBERS = {f"n{n}": {"DataType": "Number.java.lang.Long", "StringValue": "5"} for n in range(9)}

# Packed in JSON, it would need twice its bytes.
_QUOTES = {"quotes": wire.text('"' * 600_000)}


def application(envelope: Envelope) -> wire.Attributes:
    return {name: value for name, value in envelope.attributes.items() if name not in OWN}


# No `explain`: messages of a megabyte take their time.
@settings(max_examples=400, deadline=None, phases=(Phase.explicit, Phase.generate, Phase.shrink))
@given(message=messages(), steps=st.lists(st.sampled_from(STEPS), max_size=6))
@example(InQueue("{}", _TAG | dict(list(_NUMBERS.items())[1:]) | _QUOTES), [requeue, by_hand])
@example(InQueue("{}", {**_TAG, **_BYTES}), [requeue, by_hand, requeue, by_hand, forward])
@example(InQueue("{}", {**_TAG, **_NUMBERS}), [by_hand, requeue, release, by_hand, by_hand])
def test_a_message_stays_what_it_is(message: InQueue, steps: Sequence[Step]) -> None:
    first = message.envelope()
    for step in steps:
        was, before, message = message, message.envelope(), step(message)
        after = message.envelope()
        assert after.body == first.body
        assert (after.tag, application(after)) == (first.tag, application(first))
        assert after.attributes["msgTag"] == first.attributes["msgTag"]
        if message.sqs_id == "f":
            # Forwarded: a message of its own.
            assert after.header.id == "forwarded"
            first = after
        elif "header" in before.attributes:
            assert after.attributes["header"] == before.attributes["header"]
            assert after.sender == before.sender
        elif "header" in after.attributes:
            assert after.header.id == before.header.id, "its first id survives"
        else:
            assert after.in_place or message is was, "there was no room for a header"
    assert not message.envelope().forged


@pytest.mark.parametrize("attributes", [_BYTES, _NUMBERS, {}])
def test_a_dead_letter_does_not_grow_each_time_it_is_sent_back(attributes: wire.Attributes) -> None:
    message, sizes = InQueue("{}", {**_TAG, **attributes}), list[int]()
    for _ in range(5):
        message = by_hand(message)
        sizes.append(len(message.attributes["deadLetter"]["StringValue"]))

    assert max(sizes) - min(sizes) <= 2 * len(".000000"), "two times may have no fraction"


def test_a_letter_without_room_for_what_it_brought_keeps_it() -> None:
    """The one thing that is kept of an older explanation is what is packed in it."""
    crowded = {**_TAG, **_NUMBERS}
    size = wire.size("", crowded)
    letter = by_hand(InQueue("x" * (MAX_QUEUE_BYTES - size - 5_000), crowded))
    room = MAX_QUEUE_BYTES - wire.size(letter.body, letter.attributes)
    full = replace(letter, body=letter.body + "x" * room)

    again = by_hand(full)

    assert application(again.envelope()) == _NUMBERS
    assert again.body == full.body


@mock_aws
@pytest.mark.parametrize("more", [_BYTES, _NUMBERS])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_handler_sees_at_the_end_what_came_in(more: wire.Attributes, wrapped: bool) -> None:
    """Through SQS: two attempts, a dead letter, sent back by hand, and two more."""
    harness = ConsumerHarness(retry=RetryPolicy(max_attempts=2, base=0))
    seen: list[tuple[str, str, wire.Attributes]] = []

    def failing(_: OrderPlaced, context: Context) -> None:
        envelope = context._envelope
        seen.append((context.message_id, envelope.body, application(envelope)))
        fail()

    body, attributes = ' {"id" : "1"}', {"msgTag": wire.text("OrderPlaced"), **more}
    if wrapped:
        harness.put(notification(body, attributes))
    else:
        harness.put(body, attributes)
    harness.run_until_idle(consumer_that(failing))
    (letter,) = harness.dead_letters()
    harness.put(letter["Body"], sendable(letter), sender=Sender.OPERATOR)
    harness.run_until_idle(consumer_that(failing))

    ((_, again),) = ((each.reason, each) for each in harness.dead_letters())
    assert len(seen) == 4
    assert seen == [(seen[0][0], body, more)] * 4
    assert len(str(again)) - len(str(letter)) < 10


def sendable(message: Message) -> wire.Attributes:
    """Return the attributes of a received message for SendMessage."""
    keys = ("DataType", "StringValue", "BinaryValue")
    return {
        name: {key: value[key] for key in keys if key in value}
        for name, value in message["MessageAttributes"].items()
    }


def test_bytes_are_packed_only_if_there_are_not_enough_texts() -> None:
    """In base64 they take a third more room."""
    texts = {f"text{number}": wire.text("t") for number in range(2)}
    several = {f"bytes{number}": wire.binary(b"b") for number in range(8)}

    for attributes in (texts | several, several | texts):
        _, both = pack(attributes, reserved=2)
        _, more = pack(attributes, reserved=3)

        assert (set(both.attributes), set(both.binary)) == (set(texts), set())
        assert (set(more.attributes), len(more.binary)) == (set(texts), 1)
