"""Isolating suspects: messages that may have ended the process that handled them.

SQS counts how often it hands a message out. One that comes again although nobody kept it was in a
batch that died, and any of that batch may have been the cause. So each of them is handled alone
from then on: the innocent succeed, and only the guilty one dies again, until its attempts are used
up.
"""

from collections.abc import Sequence
from typing import Final

from messaging.invocation import Invocation
from messaging.outcome import DeadLetter, HandBack, Outcome, Requeue
from messaging.work import Work

_WHY: Final = "it may have ended the process that handled it, so it will be handled alone"


def isolate(works: Sequence[Work], invocation: Invocation) -> list[Work]:
    """Return the works to handle now; the others get an outcome that brings them back.

    With suspects among others the others are handled. Of suspects only, one is.
    """
    for work in works:
        if work.outcome is None:
            work.outcome = _verdict(work, invocation)
    pending = [work for work in works if work.outcome is None]
    suspects = [work for work in pending if is_suspect(work, invocation)]
    chosen = [work for work in pending if work not in suspects] or suspects[:1]
    # Apart from each other, lest they meet again in one batch.
    for delay, work in enumerate(work for work in pending if work not in chosen):
        work.outcome = _aside(work, delay)
    return chosen


def is_suspect(work: Work, invocation: Invocation) -> bool:
    """Whether the work may have ended the process that handled it."""
    envelope = work.envelope
    if envelope is None:
        return False
    if envelope.in_place:
        # It is received again for each of its attempts: only what they do not explain is
        # suspicious.
        return envelope.received > invocation.consumer.retry.max_attempts
    return envelope.received > 1 or bool(envelope.retry and envelope.retry.suspect)


def _verdict(work: Work, invocation: Invocation) -> Outcome | None:
    envelope, limit = work.envelope, invocation.consumer.retry.max_attempts
    # In a FIFO queue a message is also received each time one before it fails: no proof of
    # anything.
    if envelope is None or invocation.consumer.fifo or envelope.attempt <= limit:
        return None
    if envelope.received == 1:
        # The policy has changed under way, or somebody else wrote the number.
        reason = f"it comes for attempt {envelope.attempt}, and {limit} are allowed"
        return DeadLetter(reason=reason, cause="attempts")
    reason = (
        f"it was handed out {envelope.received} times and nobody answered: "
        "the process ended, or the function ran out of time or memory"
    )
    return DeadLetter(reason=reason, cause="crash")


def _aside(work: Work, delay: float) -> Outcome:
    envelope = work.envelope
    assert envelope is not None
    if envelope.in_place:
        return HandBack(_WHY, delay)
    return Requeue(attempt=envelope.attempt, delay=delay, why=_WHY, suspect=True)
