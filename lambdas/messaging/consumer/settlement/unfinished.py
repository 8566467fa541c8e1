"""What is not done goes back to its queue, stays there, or goes to the dead-letter queue."""

from collections.abc import Sequence

from messaging.consumer.model.delivery import Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Outcome, Release, Requeue
from messaging.consumer.settlement import queue_calls
from messaging.consumer.settlement.retry_copy import retry_copy
from messaging.limits import MAX_DELAY
from messaging.wire.envelope import Envelope


def requeue(batch: Sequence[Handled], invocation: Invocation) -> queue_calls.Failures:
    """Send the copies of messages that are to be tried again; return the failures."""
    copies = []
    for each in batch:
        if each.envelope and (again := _again(each.envelope, each.outcome)):
            delay = queue_calls.whole(again.delay, MAX_DELAY)
            copy = retry_copy(each, each.envelope, again)
            copies.append((each, {**copy, "DelaySeconds": delay}))
    return queue_calls.send(copies, invocation.consumer.queue_url)


def send_dead_letters(batch: Sequence[Handled], invocation: Invocation) -> queue_calls.Failures:
    """Send the dead letters that were not sent yet; return the failures."""
    dead = [
        (each, each.outcome)
        for each in batch
        if isinstance(each.outcome, DeadLetter) and not each.dead_letter_sent
    ]
    if not dead:
        return {}
    # Imported here: most failures are tried again.
    from messaging.consumer.settlement.dead_letter import dead_letter

    entries = [
        (each, entry) for each, outcome in dead for entry in dead_letter(each, outcome, invocation)
    ]
    return queue_calls.send(entries, invocation.consumer.dead_letter_queue_url)


def leave(batch: Sequence[Handled], invocation: Invocation) -> None:
    """Let records that stay in their queue be received again after their delays."""
    staying = [(each, stays.delay) for each in batch if (stays := each.stays) is not None]
    queue_calls.change_visibility(staying, invocation.consumer.queue_url)


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
