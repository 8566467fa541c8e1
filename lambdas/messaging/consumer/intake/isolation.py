"""Isolating suspects: messages that may have ended the process that handled them.

SQS counts how often it hands a message out. One that comes again although nobody kept it was in a
batch that died, and any of that batch may have been the cause. So each of them is handled alone
from then on: the innocent succeed, and only the guilty one dies again, until its attempts are used
up.
"""

from collections.abc import Container, Sequence
from typing import Final, NamedTuple

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Outcome, Release, Requeue

_WHY: Final = "it may have ended the process that handled it, so it will be handled alone"


class Parts(NamedTuple):
    """A batch in the order in which its parts are dealt with."""

    aside: list[Delivery]
    others: list[Delivery]
    suspect: Delivery | None


def isolate(works: Sequence[Delivery], invocation: Invocation) -> Parts:
    """Return the suspects that are set aside, the others, and the suspect to handle alone at last.

    One that was never set aside is set aside first, even alone: from then on SQS counts how often
    it ends a process, and little but it can have.
    """
    for work in works:
        if work.outcome is None:
            work.outcome = _verdict(work, invocation)
    pending = (work for work in works if work.outcome is None)
    suspects = [work for work in pending if is_suspect(work, invocation)]
    chosen = next((work for work in suspects if _was_set_aside(work)), None)
    # Apart from each other, lest they meet again in one batch.
    for delay, work in enumerate(work for work in suspects if work is not chosen):
        work.outcome = set_aside(work, delay)
    if invocation.consumer.fifo:
        # They stay where they are, and their groups wait for them.
        if chosen is not None:
            _stop_behind(chosen, works)
        return Parts([], [work for work in works if work is not chosen], chosen)
    aside = {id(work) for work in suspects}
    others = [work for work in works if id(work) not in aside]
    return Parts([work for work in suspects if work is not chosen], others, chosen)


def _stop_behind(suspect: Delivery, works: Sequence[Delivery]) -> None:
    for work in works[_position(suspect, works) + 1 :]:
        if work.group == suspect.group and work.outcome is None:
            work.outcome = Release("one before it in its group is not done")


def is_blocked(suspect: Delivery, works: Sequence[Delivery], kept: Container[str]) -> bool:
    """Whether a FIFO record before the suspect in its group stays in the queue."""
    before = works[: _position(suspect, works)]
    return any(work.group == suspect.group and work.sqs_id in kept for work in before)


def _position(one: Delivery, works: Sequence[Delivery]) -> int:
    return next(position for position, work in enumerate(works) if work is one)


def _was_set_aside(work: Delivery) -> bool:
    envelope = work.envelope
    assert envelope is not None
    return envelope.in_place or bool(envelope.retry and envelope.retry.suspect)


def is_suspect(work: Delivery, invocation: Invocation) -> bool:
    """Whether the work may have ended the process that handled it."""
    envelope = work.envelope
    if envelope is None:
        return False
    if envelope.in_place:
        # It is received again for each of its attempts: only what they do not explain is
        # suspicious.
        return envelope.received > invocation.consumer.retry.max_attempts
    return envelope.received > 1 or bool(envelope.retry and envelope.retry.suspect)


def _verdict(work: Delivery, invocation: Invocation) -> Outcome | None:
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


def set_aside(work: Delivery, delay: float) -> Outcome:
    """Return the outcome that brings a suspect back in `delay` seconds."""
    envelope = work.envelope
    assert envelope is not None
    if envelope.in_place:
        return Release(_WHY, delay)
    return Requeue(attempt=envelope.attempt, delay=delay, why=_WHY, suspect=True)
