"""The dead letter: the message, and why it is dead."""

from datetime import UTC, datetime

from msgspec.structs import replace

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter
from messaging.consumer.settlement.entries import Entry, entry, with_header
from messaging.limits import MAX_ATTRIBUTES, MAX_QUEUE_BYTES
from messaging.wire import encoding as wire
from messaging.wire.dead_letter import FailureInfo
from messaging.wire.decoding import first_received
from messaging.wire.failure import failure_of
from messaging.wire.header import DEAD_LETTER
from messaging.wire.packing import pack


def dead_letter(delivery: Delivery, outcome: DeadLetter, invocation: Invocation) -> list[Entry]:
    """Return the dead letter: the message with its explanation, or beside it where the message is
    too large.
    """
    body, attributes = _content(delivery)
    attributes, inside = pack(attributes, reserved=1)
    full = replace(explain(delivery, outcome, invocation), attributes=inside)
    for explanation in (full, full.shorter()):
        copy = {**attributes, DEAD_LETTER: wire.text(wire.to_json(explanation))}
        if len(copy) <= MAX_ATTRIBUTES and wire.size(body, copy) <= MAX_QUEUE_BYTES:
            return [entry(delivery, body, copy)]
    return _two(delivery, replace(full, attributes={}, explains=delivery.id))


def _two(delivery: Delivery, explanation: FailureInfo) -> list[Entry]:
    """Return the explanation and the message as two entries."""
    document = wire.to_json(explanation)
    short = {DEAD_LETTER: wire.text(wire.to_json(explanation.shorter()))}
    return [
        entry(delivery, document, short, "why"),
        entry(delivery, *_as_received(delivery)),
    ]


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
        first_received=envelope.first_received if envelope else first_received(delivery.record),
        dead_lettered=datetime.now(UTC),
        request_id=invocation.request_id,
    )


def _content(delivery: Delivery) -> tuple[str, wire.Attributes]:
    if delivery.envelope:
        return delivery.envelope.body, with_header(delivery.envelope)
    return _as_received(delivery)


def _as_received(delivery: Delivery) -> tuple[str, wire.Attributes]:
    record = delivery.record
    return str(record["body"]), wire.from_event(record.get("messageAttributes") or {})
