"""The dead letter: the message, and why it is dead."""

from datetime import UTC, datetime

from msgspec.structs import replace

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter
from messaging.consumer.settlement.entries import Entry, entry, with_header
from messaging.errors import InvalidMessage
from messaging.limits import MAX_ATTRIBUTES, MAX_QUEUE_BYTES
from messaging.wire import encoding as wire
from messaging.wire.dead_letter import FailureInfo
from messaging.wire.decoding import Record, as_received, first_received, readable_attributes
from messaging.wire.failure import failure_of
from messaging.wire.header import DEAD_LETTER
from messaging.wire.packing import pack


def dead_letter(delivery: Delivery, outcome: DeadLetter, invocation: Invocation) -> list[Entry]:
    """Return the dead letter: the message with its explanation, or beside it where the message is
    too large. The explanation is of this failure only.
    """
    body, attributes = _content(delivery, invocation)
    outside, inside = pack(attributes, reserved=1)
    full = explain(delivery, outcome, invocation)
    packed = replace(full, attributes=inside.attributes, binary=inside.binary)
    for explanation in (packed, packed.shorter()):
        copy = {**outside, DEAD_LETTER: wire.text(wire.to_json(explanation))}
        if _fits(body, copy):
            return [entry(delivery, body, copy)]
    explanation = replace(full, explains=delivery.id)
    return [_why(delivery, explanation), _message(delivery, body, attributes)]


def _fits(body: str, attributes: wire.Attributes) -> bool:
    return len(attributes) <= MAX_ATTRIBUTES and wire.size(body, attributes) <= MAX_QUEUE_BYTES


def _why(delivery: Delivery, explanation: FailureInfo) -> Entry:
    """Return the explanation as a dead letter of its own."""
    short = {DEAD_LETTER: wire.text(wire.to_json(explanation.shorter()))}
    return entry(delivery, wire.to_json(explanation), short, "why")


def _message(delivery: Delivery, body: str, attributes: wire.Attributes) -> Entry:
    """Return the message as a dead letter without its explanation."""
    envelope = delivery.envelope
    # Its own header where one was added and there is no room; and where attributes came packed in
    # a `deadLetter`, as it came: that has fitted into a queue.
    for content in ((body, attributes), envelope and (body, envelope.attributes)):
        if content and _fits(*content):
            return entry(delivery, *content)
    return entry(delivery, str(delivery.record["body"]), readable_attributes(delivery.record))


def explain(delivery: Delivery, outcome: DeadLetter, invocation: Invocation) -> FailureInfo:
    """Return why the message is dead."""
    envelope = delivery.envelope
    failure = failure_of(outcome.error) if outcome.error else None
    return FailureInfo(
        reason=outcome.reason,
        cause=outcome.cause,
        error_type=failure.type if failure else None,
        error_message=failure.message if failure else None,
        stack=failure.stack if failure else (),
        fingerprint=failure.fingerprint if failure else None,
        service=invocation.config.service,
        consumer=invocation.consumer.name,
        message_id=delivery.id,
        # The number it came with may be higher, after a crash or from another sender.
        attempts=min(envelope.attempt if envelope else 1, invocation.consumer.retry.max_attempts),
        first_received=envelope.first_received if envelope else _first_received(delivery.record),
        dead_lettered=datetime.now(UTC),
        request_id=invocation.request_id,
    )


def _content(delivery: Delivery, invocation: Invocation) -> tuple[str, wire.Attributes]:
    if delivery.envelope:
        return delivery.envelope.body, with_header(delivery.envelope)
    return as_received(delivery.record, invocation.consumer.senders)


def _first_received(record: Record) -> datetime:
    try:
        return first_received(record)
    except (InvalidMessage, OverflowError, ValueError):
        return datetime.now(UTC)
