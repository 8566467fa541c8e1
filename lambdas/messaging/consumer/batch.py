"""One batch from first to last: read `process` as the list of what happens."""

import math
from collections.abc import Sequence
from typing import TypedDict

from messaging.consumer.execution.execute import execute
from messaging.consumer.intake.isolation import WAITS_FOR_GROUP, is_blocked, isolate, isolation
from messaging.consumer.intake.triage import triage
from messaging.consumer.model.delivery import Claimed, Delivery, Handled, Ready, Settled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.reporting import report
from messaging.consumer.settlement.settle import settle
from messaging.errors import RequeueFailed
from messaging.wire.decoding import Record

# Seconds after the end of an invocation until a suspect may be received again.
_PAUSE = 5


class ItemFailure(TypedDict):
    """One record that SQS must keep."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """The response of a function whose event source mapping has ReportBatchItemFailures."""

    batchItemFailures: list[ItemFailure]


def process(records: Sequence[Record], invocation: Invocation) -> BatchResponse:
    """Process a batch and report the records that must stay in their queue.

    Raises RequeueFailed instead when the consumer is set to return the whole batch.
    """
    batch = [triage(record, invocation) for record in records]
    plan = isolate(batch, invocation)
    # Before any handler runs: a process that ends then would count against them.
    settled = complete(plan.isolated, invocation, acknowledge=True)
    settled += complete(plan.others, invocation, acknowledge=plan.alone is not None)
    if plan.alone is not None:
        settled += complete([_hidden(plan.alone, batch, settled, invocation)], invocation)
    _raise_if_configured(settled, invocation)
    return {
        "batchItemFailures": [{"itemIdentifier": each.sqs_id} for each in settled if each.must_stay]
    }


def complete(
    batch: Sequence[Ready | Handled], invocation: Invocation, *, acknowledge: bool = False
) -> list[Settled]:
    """Handle what has no outcome yet, and act on every outcome."""
    if not batch:
        return []
    handled = execute(_counted(_claimed(batch, invocation), invocation), invocation)
    _finish(handled, invocation)
    settled = settle(handled, invocation, acknowledge=acknowledge)
    report.batch(settled, invocation)
    return settled


# Imported where they are used: a consumer without a guarantee, or without requests, starts sooner.


def _claimed(batch: Sequence[Ready | Handled], invocation: Invocation) -> list[Claimed | Handled]:
    if not invocation.consumer.idempotent:
        return [each if isinstance(each, Handled) else each.claimed(None) for each in batch]
    from messaging.consumer.intake import idempotency

    return idempotency.claim(batch, invocation)


def _counted(batch: list[Claimed | Handled], invocation: Invocation) -> list[Claimed | Handled]:
    if not invocation.config.requests_table:
        return batch
    from messaging.consumer.intake import replies

    return replies.count(batch, invocation)


def _finish(batch: Sequence[Handled], invocation: Invocation) -> None:
    if invocation.consumer.idempotent:
        from messaging.consumer.intake import idempotency

        idempotency.finish(batch, invocation)


def _hidden(
    suspect: Ready, batch: Sequence[Delivery], settled: Sequence[Settled], invocation: Invocation
) -> Ready | Handled:
    """Make the suspect visible soon after the end of this process, which the suspect may cause."""
    deadline = invocation.deadline
    staying = {each.sqs_id for each in settled if each.must_stay}
    if invocation.consumer.fifo and is_blocked(suspect, batch, staying):
        return suspect.decided(WAITS_FOR_GROUP)
    if deadline.remaining() <= 0:
        return suspect.decided(isolation(suspect, 0))
    pause = math.ceil(deadline.remaining() + deadline.reserve) + _PAUSE
    # Imported here: a process seldom ends.
    from messaging.consumer.settlement import queue_calls

    queue_calls.change_visibility([(suspect, pause)], invocation.consumer.queue_url)
    return suspect


def _raise_if_configured(settled: Sequence[Settled], invocation: Invocation) -> None:
    lost = [each.failure.code for each in settled if each.failure is not None]
    if lost and invocation.consumer.on_requeue_failure == "raise":
        # Lambda logs this text: AWS's code, since AWS's text may quote the message.
        raise RequeueFailed(
            f"{len(lost)} of {len(settled)} messages could not be requeued: {lost[0]}"
        )
