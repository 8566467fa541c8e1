"""Copies and dead letters of version 0.2.0 are read by this one, and the other way round."""

import json
from typing import Annotated, Any

import msgspec
import pytest

from messaging.testing import Sender, record
from messaging.wire.decoding import open_record
from messaging.wire.encoding import Attributes, text
from messaging.wire.header import Instant
from tests.unit.messaging.round_trips import InQueue, by_hand, requeue

ROLE = Sender.CONSUMER.partition(":")[0]
TAG = {"msgTag": text("OrderPlaced")}
BYTES = {f"b{n}": {"DataType": "Binary", "BinaryValue": b"\xff"} for n in range(9)}

RETRY = (
    '{"attempt":3,"firstreceived":"2026-11-25T10:00:00.123456Z","notbefore":"2026-11-25T11:00:00Z",'
    '"delay":4.0,"error":"ConnectionError: no","suspect":true,"attributes":{"colour":{"DataType":'
    '"String","StringValue":"red"}}}'
)
LETTER = (
    '{"reason":"all 3 attempts failed, the last with ConnectionError: no","cause":"attempts",'
    '"errorType":"ConnectionError","errorMessage":"no","stack":["handler.py:13 book"],'
    '"fingerprint":"4864f2fc9ccf","service":"Test","consumer":"work","messageId":"m","attempts":3,'
    '"firstReceived":"2026-11-25T10:00:00Z","deadLettered":"2026-11-25T10:00:07Z","requestId":"r",'
    '"attributes":{"colour":{"DataType":"String","StringValue":"red"}}}'
)


def test_a_copy_of_0_2_0_is_read() -> None:
    copy = record("{}", {**TAG, "retry": text(RETRY)}, sender=Sender.CONSUMER)

    envelope = open_record(copy, senders=(ROLE,))

    assert envelope.retry is not None
    assert (envelope.attempt, envelope.retry.suspect, envelope.retry.delay) == (3, True, 4.0)
    assert envelope.retry.error == "ConnectionError: no"
    assert envelope.attributes == {**TAG, "colour": text("red")}


@pytest.mark.parametrize("sender", [Sender.CONSUMER, Sender.OPERATOR])
def test_a_dead_letter_of_0_2_0_is_read(sender: str) -> None:
    letter = record("{}", {**TAG, "deadLetter": text(LETTER)}, sender=sender)

    envelope = open_record(letter, senders=(ROLE,))

    assert (envelope.attempt, envelope.retry) == (1, None)
    assert envelope.attributes == {**TAG, "colour": text("red")}


class RetryState(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON of `retry` as version 0.2.0 reads it."""

    attempt: Annotated[int, msgspec.Meta(ge=1)]
    firstreceived: Instant
    notbefore: Instant | None = None
    delay: float | None = None
    error: str | None = None
    suspect: bool = False
    attributes: dict[str, dict[str, str]] = {}

    def __post_init__(self) -> None:
        """Refuse what that version refuses."""
        if any(set(value) != {"DataType", "StringValue"} for value in self.attributes.values()):
            raise ValueError("`attributes` must be message attributes with a StringValue")


@pytest.mark.parametrize("more", [BYTES, {f"t{n}": text("x") for n in range(9)}, {}])
def test_0_2_0_reads_a_copy(more: Attributes) -> None:
    """Where bytes had to be packed it does not find them, and nothing else is lost."""
    copy = requeue(InQueue("{}", {**TAG, **more}))

    state = msgspec.json.decode(copy.attributes["retry"]["StringValue"], type=RetryState)

    assert state.attempt == 2
    kept: dict[str, Any] = {**copy.attributes, **state.attributes}
    assert set(more) - set(kept) <= set(BYTES)


def test_an_operator_reads_the_same_names_in_a_dead_letter() -> None:
    letter = by_hand(InQueue("{}", {**TAG, **{f"t{n}": text("x") for n in range(9)}}))

    found = json.loads(letter.attributes["deadLetter"]["StringValue"])

    # An error that was never raised has no stack.
    assert set(json.loads(LETTER)) - {"stack"} == set(found)
