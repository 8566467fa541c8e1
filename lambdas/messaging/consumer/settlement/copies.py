"""The copies the runtime makes of a message: for its own queue, and for the dead-letter queue."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Requeue
from messaging.limits import MAX_ATTRIBUTES, MAX_QUEUE_BYTES
from messaging.wire import encoding as wire
from messaging.wire.dead_letter import FailureInfo
from messaging.wire.envelope import Envelope, first_received
from messaging.wire.failure import failure_of
from messaging.wire.header import DEAD_LETTER, HEADER, RETRY, RetryState
from messaging.wire.packing import pack

# One entry of SendMessageBatch, without its Id.
Entry = dict[str, Any]


def retry_copy(work: Delivery, outcome: Requeue) -> Entry:
    """Return the copy that goes back to the queue: the same message, with what happened to it so
    far.
    """
    envelope = work.envelope
    assert envelope is not None
    attributes, inside = pack(_with_header(envelope), reserved=1)
    past = envelope.retry
    state = RetryState(
        attempt=outcome.attempt,
        firstreceived=envelope.first_received,
        notbefore=outcome.not_before,
        delay=outcome.delay if outcome.error else (past.delay if past else None),
        error=outcome.why if outcome.error else (past.error if past else None),
        suspect=outcome.suspect,
        attributes=inside,
    )
    return _entry(work, envelope.body, {**attributes, RETRY: wire.text(wire.to_json(state))})


def dead_letter(work: Delivery, invocation: Invocation) -> list[Entry]:
    """Return the dead letter: the message with its explanation, or beside it where the message is
    too large.
    """
    body, attributes = _content(work)
    attributes, inside = pack(attributes, reserved=1)
    full = msgspec.structs.replace(explain(work, invocation), attributes=inside)
    for explanation in (full, full.shorter()):
        copy = {**attributes, DEAD_LETTER: wire.text(wire.to_json(explanation))}
        if len(copy) <= MAX_ATTRIBUTES and wire.size(body, copy) <= MAX_QUEUE_BYTES:
            return [_entry(work, body, copy)]
    return _two(work, msgspec.structs.replace(full, attributes={}, explains=work.id))


def _two(work: Delivery, explanation: FailureInfo) -> list[Entry]:
    document = wire.to_json(explanation)
    received = str(work.record["body"])
    as_received = wire.from_event(work.record.get("messageAttributes") or {})
    return [
        _entry(
            work, document, {DEAD_LETTER: wire.text(wire.to_json(explanation.shorter()))}, "why"
        ),
        _entry(work, received, as_received),
    ]


def explain(work: Delivery, invocation: Invocation) -> FailureInfo:
    """Return why the message is dead."""
    envelope, outcome = work.envelope, work.outcome
    assert isinstance(outcome, DeadLetter)
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
        message_id=work.id,
        # The number it came with may be higher, after a crash or from somebody else.
        attempts=min(envelope.attempt if envelope else 1, invocation.consumer.retry.max_attempts),
        first_received=envelope.first_received if envelope else first_received(work.record),
        dead_lettered=datetime.now(UTC),
        request_id=invocation.request_id,
    )


def _content(work: Delivery) -> tuple[str, wire.Attributes]:
    if work.envelope:
        return work.envelope.body, _with_header(work.envelope)
    return str(work.record["body"]), wire.from_event(work.record.get("messageAttributes") or {})


def _with_header(envelope: Envelope) -> wire.Attributes:
    # A message from outside has no header; its id must survive that SQS gives every copy another
    # one.
    return {HEADER: wire.text(wire.to_json(envelope.header)), **envelope.attributes}


def _entry(work: Delivery, body: str, attributes: wire.Attributes, part: str = "letter") -> Entry:
    entry: Entry = {"MessageBody": body, "MessageAttributes": attributes}
    system = work.record.get("attributes", {})
    if group := system.get("MessageGroupId"):
        entry["MessageGroupId"] = group
    if system.get("SequenceNumber") or system.get("MessageDeduplicationId"):
        # A FIFO queue: within five minutes it would take the copy for the message itself.
        entry["MessageDeduplicationId"] = f"{work.sqs_id}/{part}"
    if trace := system.get("AWSTraceHeader"):
        entry["MessageSystemAttributes"] = {"AWSTraceHeader": wire.text(trace)}
    return entry


def entry_size(entry: Entry) -> int:
    """Return what an entry counts against the limit of its batch, in bytes."""
    return wire.size(entry["MessageBody"], entry["MessageAttributes"])
