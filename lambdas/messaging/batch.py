"""One batch from first to last: read `process` as the list of what happens to it."""

import math
from collections.abc import Sequence
from typing import TypedDict

from messaging import idempotency, report
from messaging.envelope import Record
from messaging.errors import RequeueFailed
from messaging.invocation import Invocation
from messaging.isolation import is_suspect, isolate
from messaging.lanes import handle_all
from messaging.sending import publish_held_back
from messaging.settle import Kept, delete, keep, settle
from messaging.triage import triage
from messaging.work import Work

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
    chosen = isolate(works, invocation)
    if chosen and is_suspect(chosen[0], invocation):
        return _alone(chosen[0], works, invocation)
    idempotency.begin(chosen, invocation)
    handle_all(works, invocation)
    return _end(works, {}, invocation)


def _alone(suspect: Work, works: Sequence[Work], invocation: Invocation) -> BatchResponse:
    """Handle a suspect after all others are out of its reach."""
    others = [work for work in works if work is not suspect]
    kept = settle(others, invocation)
    delete([work for work in others if work.sqs_id not in kept], invocation)
    deadline = invocation.deadline
    pause = math.ceil(deadline.remaining() + deadline.reserve) + _PAUSE
    keep([suspect], {suspect.sqs_id: pause}, invocation)
    idempotency.begin([suspect], invocation)
    handle_all([suspect], invocation)
    return _end([suspect], kept, invocation, others)


def _end(
    works: Sequence[Work], kept: Kept, invocation: Invocation, settled: Sequence[Work] = ()
) -> BatchResponse:
    publish_held_back(works, invocation)
    idempotency.finish(works, invocation)
    kept = {**kept, **settle(works, invocation)}
    report.batch([*settled, *works], kept, invocation)
    _raise_if_asked([*settled, *works], kept, invocation)
    return {"batchItemFailures": [{"itemIdentifier": sqs_id} for sqs_id in kept]}


def _raise_if_asked(works: Sequence[Work], kept: Kept, invocation: Invocation) -> None:
    lost = [work.sqs_id for work in works if report.could_not_leave(work, kept)]
    if lost and invocation.consumer.on_requeue_failure == "raise":
        raise RequeueFailed(
            f"{len(lost)} of {len(works)} messages could not be requeued: {kept[lost[0]]}"
        )
