"""Settlement: acting on the outcomes of a batch. No record is acknowledged before that is done."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from messaging.consumer.model.delivery import Handled, Settled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Done, Skipped

# The modules that send are imported where they are used: a batch that succeeds sends nothing here.
if TYPE_CHECKING:
    from messaging.consumer.settlement.queue_calls import Failures


def settle(
    batch: Sequence[Handled], invocation: Invocation, *, acknowledge: bool = False
) -> list[Settled]:
    """Requeue, dead-letter or leave in the queue what is not done; return the batch.

    With `acknowledge` the records that may go are deleted now, not by the end of the invocation.
    """
    open_ = [each for each in batch if not isinstance(each.outcome, Done | Skipped)]
    failures = _act(open_, invocation) if open_ else {}
    settled = [each.settled(failures.get(each.sqs_id)) for each in batch]
    if acknowledge:
        _delete([each for each in settled if not each.must_stay], invocation)
    return settled


def _act(batch: Sequence[Handled], invocation: Invocation) -> "Failures":
    from messaging.consumer.settlement import unfinished

    failures = unfinished.requeue(batch, invocation)
    failures |= unfinished.send_dead_letters(batch, invocation)
    unfinished.leave(batch, invocation)
    return failures


def _delete(batch: Sequence[Settled], invocation: Invocation) -> None:
    from messaging.consumer.settlement import queue_calls

    queue_calls.delete(batch, invocation.consumer.queue_url)
