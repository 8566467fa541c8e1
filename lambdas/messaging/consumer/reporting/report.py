"""The log lines of a batch, one per record and without its body, and its metrics."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from messaging.consumer.model.delivery import Settled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Done, Outcome, Release, Requeue, Skipped
from messaging.consumer.reporting import metrics
from messaging.log import Level, Line, write

_EVENTS: Final[Mapping[type[Outcome], tuple[str, Level]]] = {
    Done: ("processed", "INFO"),
    Skipped: ("skipped", "INFO"),
    Requeue: ("requeued", "WARN"),
    DeadLetter: ("dead-lettered", "ERROR"),
    Release: ("released", "WARN"),
}


def batch(settled: Sequence[Settled], invocation: Invocation) -> None:
    """Write the outcome of every record of a batch, and the metrics of the batch."""
    same = {
        "service": invocation.config.service,
        "consumer": invocation.consumer.name,
        "requestId": invocation.request_id,
    }
    now = datetime.now(UTC)
    lines = [_line(each, _fields(each, same, now)) for each in settled]
    # In one piece: a line a write costs more than making it.
    write([*lines, *_unsent_copies(settled, invocation), metrics.of_batch(settled, invocation)])


def _unsent_copies(settled: Sequence[Settled], invocation: Invocation) -> list[dict[str, Any]]:
    """Return the metrics of copies and dead letters that could not be sent."""
    codes = [each.failure.code for each in settled if each.failure is not None]
    if not codes:
        return []
    # Imported here: only failures need it.
    from messaging.sending import send_failures

    return send_failures.metrics(codes, invocation.config)


def _line(delivery: Settled, fields: Mapping[str, object]) -> Line:
    event, level = _EVENTS[type(delivery.outcome)]
    if delivery.failure is not None:
        # Not AWS's text, which may quote the message.
        returned = {"instead_of": event, "code": delivery.failure.code}
        return Line("returned", "ERROR", {**returned, **fields})
    return Line(event, level, fields)


def _fields(delivery: Settled, same: Mapping[str, object], now: datetime) -> dict[str, object]:
    envelope, outcome = delivery.envelope, delivery.outcome
    fields: dict[str, object] = {
        **same,
        "messageId": delivery.id,
        "durationMs": round(delivery.seconds * 1000, 1),
    }
    if envelope:
        sent = envelope.header.time
        fields["msgTag"] = envelope.tag
        fields["correlationId"] = envelope.correlation_id
        fields["attempt"] = envelope.attempt
        fields["ageMs"] = sent and round((now - sent).total_seconds() * 1000)
        if cause := envelope.header.causationid:
            fields["causationId"] = cause
    return fields if isinstance(outcome, Done) else fields | _reasons(outcome)


def _reasons(outcome: Outcome) -> dict[str, object]:
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
        from messaging.wire.failure import failure_of

        failure = failure_of(error)
        fields |= {
            "errorType": failure.type,
            "errorAt": failure.stack[-1] if failure.stack else None,
            **failure.log_fields,
        }
    return fields
