"""Settlement: acting on the outcomes of a batch. No record is acknowledged before that is done."""

from collections.abc import Sequence

from messaging.consumer.model.delivery import Handled, Settled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Outcome, Release, Requeue
from messaging.consumer.settlement import queue_calls
from messaging.limits import MAX_DELAY
from messaging.wire.envelope import Envelope


def settle(
    batch: Sequence[Handled], invocation: Invocation, *, acknowledge: bool = False
) -> list[Settled]:
    """Requeue, dead-letter or leave in the queue what is not done; return the batch.

    With `acknowledge` the records that may go are deleted now, not by the end of the invocation.
    """
    queue_url = invocation.consumer.queue_url
    failures = {**_requeue(batch, invocation), **send_dead_letters(batch, invocation)}
    staying = [(each, stays.delay) for each in batch if (stays := each.stays) is not None]
    if staying:
        queue_calls.change_visibility(staying, queue_url)
    settled = [each.settled(failures.get(each.sqs_id)) for each in batch]
    if acknowledge:
        queue_calls.delete([each for each in settled if not each.must_stay], queue_url)
    return settled


def send_dead_letters(batch: Sequence[Handled], invocation: Invocation) -> queue_calls.Failures:
    """Send the dead letters that were not sent yet; return the failures."""
    dead = [
        (each, each.outcome)
        for each in batch
        if isinstance(each.outcome, DeadLetter) and not each.dead_letter_sent
    ]
    if not dead:
        return {}
    # Imported here: a cold start without dead letters does not need it.
    from messaging.consumer.settlement.dead_letter import dead_letter

    entries = [
        (each, entry) for each, outcome in dead for entry in dead_letter(each, outcome, invocation)
    ]
    return queue_calls.send(entries, invocation.consumer.dead_letter_queue_url)


def _requeue(batch: Sequence[Handled], invocation: Invocation) -> queue_calls.Failures:
    """Send the copies of messages that are to be tried again; return the failures."""
    requeued = [
        (each, each.envelope, again)
        for each in batch
        if each.envelope and (again := _again(each.envelope, each.outcome))
    ]
    if not requeued:
        return {}
    # Imported here: a cold start without failures does not need it.
    from messaging.consumer.settlement.retry_copy import retry_copy

    copies = []
    for each, envelope, again in requeued:
        delay = queue_calls.whole(again.delay, MAX_DELAY)
        copies.append((each, {**retry_copy(each, envelope, again), "DelaySeconds": delay}))
    return queue_calls.send(copies, invocation.consumer.queue_url)


def _again(envelope: Envelope, outcome: Outcome) -> Requeue | None:
    """Return the outcome of a message that comes again as a copy, None for any other."""
    if envelope.in_place:
        return None
    if isinstance(outcome, Release):
        # Left in its queue it would be received again, and then look like a message that ended its
        # process.
        suspect = bool(envelope.retry and envelope.retry.suspect)
        return Requeue(
            attempt=envelope.attempt, delay=outcome.delay, why=outcome.why, suspect=suspect
        )
    return outcome if isinstance(outcome, Requeue) else None
