"""One batch from first to last: read `process` as the list of what happens to it."""

import math
from collections.abc import Sequence
from typing import TypedDict

from messaging.consumer.execution.groups import handle_all
from messaging.consumer.intake import idempotency, replies
from messaging.consumer.intake.isolation import is_blocked, isolate, set_aside
from messaging.consumer.intake.triage import triage
from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Release
from messaging.consumer.reporting import report
from messaging.consumer.settlement.dispatch import dispatch
from messaging.consumer.settlement.settle import ItemFailures, change_visibility, delete, settle
from messaging.errors import RequeueFailed
from messaging.wire.envelope import Record

# Seconds after the end of an invocation in which a suspect may be looked at again.
_PAUSE = 5


class ItemFailure(TypedDict):
    """One record that SQS must keep."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """The answer of a function whose event source mapping has ReportBatchItemFailures."""

    batchItemFailures: list[ItemFailure]


def process(records: Sequence[Record], invocation: Invocation) -> BatchResponse:
    """Process a batch and report the records that must stay in their queue.

    Raises RequeueFailed instead when the consumer is set to return the whole batch.
    """
    works = [triage(record, invocation) for record in records]
    aside, others, suspect = isolate(works, invocation)
    # Before anything is handled: a process that ends then would count against them.
    kept = _complete(aside, invocation)
    _forget(aside, kept, invocation)
    kept |= _complete(others, invocation)
    if suspect is not None:
        _forget(others, kept, invocation)
        _hide(suspect, works, kept, invocation)
        kept |= _complete([suspect], invocation)
    _raise_if_asked(works, kept, invocation)
    return {"batchItemFailures": [{"itemIdentifier": sqs_id} for sqs_id in kept]}


def _complete(works: Sequence[Delivery], invocation: Invocation) -> ItemFailures:
    """Handle what has no outcome yet, and act on every outcome; return what stays in the queue."""
    if not works:
        return {}
    idempotency.begin([work for work in works if work.outcome is None], invocation)
    replies.decide(works, invocation)
    handle_all(works, invocation)
    dispatch(works, invocation)
    idempotency.finish(works, invocation)
    kept = settle(works, invocation)
    report.batch(works, kept, invocation)
    return kept


def _forget(works: Sequence[Delivery], kept: ItemFailures, invocation: Invocation) -> None:
    delete([work for work in works if work.sqs_id not in kept], invocation)


def _hide(
    suspect: Delivery, works: Sequence[Delivery], kept: ItemFailures, invocation: Invocation
) -> None:
    """Let the suspect come again soon after the end of this process, if that is what follows."""
    deadline = invocation.deadline
    if invocation.consumer.fifo and is_blocked(suspect, works, kept):
        suspect.outcome = Release("one before it in its group is not done")
    elif deadline.remaining() <= 0:
        suspect.outcome = set_aside(suspect, 0)
    else:
        pause = math.ceil(deadline.remaining() + deadline.reserve) + _PAUSE
        change_visibility([suspect], {suspect.sqs_id: pause}, invocation)


def _raise_if_asked(works: Sequence[Delivery], kept: ItemFailures, invocation: Invocation) -> None:
    lost = [work.sqs_id for work in works if report.could_not_leave(work, kept)]
    if lost and invocation.consumer.on_requeue_failure == "raise":
        raise RequeueFailed(
            f"{len(lost)} of {len(works)} messages could not be requeued: {kept[lost[0]]}"
        )
