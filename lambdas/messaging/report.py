"""What a batch leaves in the logs: a line per record, never its body."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from messaging.deadletter import failure_of
from messaging.log import Level, log
from messaging.outcome import DeadLetter, Done, HandBack, Outcome, Requeue, Skipped
from messaging.settings import Settings
from messaging.work import Work

_EVENTS: Final[Mapping[type[Outcome], tuple[str, Level]]] = {
    Done: ("processed", "INFO"),
    Skipped: ("skipped", "INFO"),
    Requeue: ("requeued", "WARN"),
    DeadLetter: ("dead-lettered", "ERROR"),
    HandBack: ("handed-back", "WARN"),
}


def could_not_leave(work: Work, failures: Mapping[str, str]) -> bool:
    """Whether a record that should have been requeued or dead-lettered is still in its queue."""
    if work.sqs_id not in failures:
        return False
    in_place = (
        isinstance(work.outcome, Requeue) and work.envelope is not None and work.envelope.in_place
    )
    return not in_place and not isinstance(work.outcome, HandBack)


def batch(
    works: Sequence[Work], failures: Mapping[str, str], config: Settings, request_id: str
) -> None:
    """Log what became of every record of a batch."""
    for work in works:
        event, level = _EVENTS[type(work.outcome)] if work.outcome else ("lost", "ERROR")
        fields = _fields(work, config, request_id)
        if could_not_leave(work, failures):
            log("kept", level="ERROR", instead_of=event, why=failures[work.sqs_id], **fields)
        else:
            log(event, level=level, **fields)


def _fields(work: Work, config: Settings, request_id: str) -> dict[str, object]:
    envelope = work.envelope
    fields: dict[str, object] = {
        "service": config.service,
        "consumer": config.consumer and config.consumer.name,
        "requestId": request_id,
        "messageId": work.id,
        "durationMs": round(work.duration * 1000, 1),
    }
    if envelope:
        sent = envelope.header.time
        fields |= {
            "msgTag": envelope.tag,
            "correlationId": envelope.correlation_id,
            "attempt": envelope.attempt,
            "ageMs": sent and round((datetime.now(UTC) - sent).total_seconds() * 1000),
        }
    return fields | _failure(work.outcome)


def _failure(outcome: Outcome | None) -> dict[str, object]:
    fields: dict[str, object] = {}
    if isinstance(outcome, Requeue):
        fields["delay"] = outcome.delay
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
