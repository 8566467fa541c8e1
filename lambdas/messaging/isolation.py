"""Isolating suspects: messages that may have ended the process that handled them.

SQS counts how often it hands a message out. One that comes again although nobody kept it was in a
batch that died, and any of that batch may have been the cause. So each of them is handled alone
from then on: the innocent succeed, and only the guilty one dies again, until its attempts are used
up.
"""

from collections.abc import Container, Sequence
from typing import Final

from messaging.invocation import Invocation
from messaging.outcome import DeadLetter, HandBack, Outcome, Requeue
from messaging.work import Work

_WHY: Final = "it may have ended the process that handled it, so it will be handled alone"


def isolate(works: Sequence[Work], invocation: Invocation) -> Work | None:
    """Return the suspect to handle alone, after the others; other suspects get an outcome that
    brings them back.

    One that was never set aside is set aside first, even alone: from then on SQS counts how often
    it ends a process, and nothing but it can have.
    """
    for work in works:
        if work.outcome is None:
            work.outcome = _verdict(work, invocation)
    pending = (work for work in works if work.outcome is None)
    suspects = [work for work in pending if is_suspect(work, invocation)]
    chosen = next((work for work in suspects if _was_set_aside(work)), None)
    # Apart from each other, lest they meet again in one batch.
    for delay, work in enumerate(work for work in suspects if work is not chosen):
        work.outcome = aside(work, delay)
    if chosen is not None and invocation.consumer.fifo:
        for work in works[_position(chosen, works) + 1 :]:
            if work.group == chosen.group and work.outcome is None:
                work.outcome = HandBack("one before it in its group is not done")
    return chosen


def is_blocked(suspect: Work, works: Sequence[Work], kept: Container[str]) -> bool:
    """Whether a FIFO record before the suspect in its group stays in the queue."""
    before = works[: _position(suspect, works)]
    return any(work.group == suspect.group and work.sqs_id in kept for work in before)


def _position(one: Work, works: Sequence[Work]) -> int:
    return next(position for position, work in enumerate(works) if work is one)


def _was_set_aside(work: Work) -> bool:
    envelope = work.envelope
    assert envelope is not None
    return envelope.in_place or bool(envelope.retry and envelope.retry.suspect)


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


def aside(work: Work, delay: float) -> Outcome:
    """Return the outcome that brings a suspect back in `delay` seconds."""
    envelope = work.envelope
    assert envelope is not None
    if envelope.in_place:
        return HandBack(_WHY, delay)
    return Requeue(attempt=envelope.attempt, delay=delay, why=_WHY, suspect=True)
