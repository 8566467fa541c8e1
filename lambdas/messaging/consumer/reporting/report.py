"""What a batch leaves behind for people: a line per record, never its body, and its metrics."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Done, Outcome, Release, Requeue, Skipped
from messaging.consumer.reporting import metrics
from messaging.log import Level, Line, write
from messaging.wire.failure import failure_of

_EVENTS: Final[Mapping[type[Outcome], tuple[str, Level]]] = {
    Done: ("processed", "INFO"),
    Skipped: ("skipped", "INFO"),
    Requeue: ("requeued", "WARN"),
    DeadLetter: ("dead-lettered", "ERROR"),
    Release: ("released", "WARN"),
}


def could_not_leave(work: Delivery, kept: Mapping[str, str]) -> bool:
    """Whether a record that should have been requeued or dead-lettered is still in its queue."""
    if work.sqs_id not in kept:
        return False
    in_place = work.envelope is None or work.envelope.in_place
    return not (in_place and isinstance(work.outcome, Release | Requeue))


def batch(works: Sequence[Delivery], kept: Mapping[str, str], invocation: Invocation) -> None:
    """Write what became of every record of a batch, and the metrics of all."""
    same = {
        "service": invocation.config.service,
        "consumer": invocation.consumer.name,
        "requestId": invocation.request_id,
    }
    now = datetime.now(UTC)
    lines = [_line(work, kept, _fields(work, same, now)) for work in works]
    lost = {work.sqs_id for work in works if could_not_leave(work, kept)}
    # In one piece: a line a write costs more than making it.
    write([*lines, metrics.of_batch(works, lost, invocation)])


def _line(work: Delivery, kept: Mapping[str, str], fields: Mapping[str, object]) -> Line:
    assert work.outcome is not None
    event, level = _EVENTS[type(work.outcome)]
    if could_not_leave(work, kept):
        kept_fields = {"instead_of": event, "why": kept[work.sqs_id]}
        return Line("returned", "ERROR", {**kept_fields, **fields})
    return Line(event, level, fields)


def _fields(work: Delivery, same: Mapping[str, object], now: datetime) -> dict[str, object]:
    envelope, outcome = work.envelope, work.outcome
    fields: dict[str, object] = {
        **same,
        "messageId": work.id,
        "durationMs": round(work.duration * 1000, 1),
    }
    if envelope:
        sent = envelope.header.time
        fields["msgTag"] = envelope.tag
        fields["correlationId"] = envelope.correlation_id
        fields["attempt"] = envelope.attempt
        fields["ageMs"] = sent and round((now - sent).total_seconds() * 1000)
        if cause := envelope.header.causationid:
            fields["causationId"] = cause
    return fields if isinstance(outcome, Done) else fields | _failure(outcome)


def _failure(outcome: Outcome | None) -> dict[str, object]:
    fields: dict[str, object] = {}
    if isinstance(outcome, Skipped):
        fields["why"] = outcome.why
    if isinstance(outcome, Requeue):
        fields["delay"] = outcome.delay
    if isinstance(outcome, DeadLetter):
        fields["cause"] = outcome.cause
    error = outcome.error if isinstance(outcome, Requeue | DeadLetter) else None
    if error is not None:
        # Not the error's message, which may quote the body; the dead letter has it.
        failure = failure_of(error)
        fields |= {
            "errorType": failure.type,
            "errorAt": failure.stack[-1] if failure.stack else None,
            "fingerprint": failure.fingerprint,
        }
    return fields
