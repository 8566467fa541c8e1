"""Poison-message isolation: a message that may have ended its process is handled alone.

SQS counts how often a message is received. A message that is received again although no invocation
released it was in a batch whose process ended, and any message of that batch may be the cause. From
then on each of them is handled alone: the harmless ones succeed, and only the poison message ends
its process again, until its attempts are used up.
"""

from collections.abc import Container, Sequence
from typing import Final, Literal

from msgspec import Struct

from messaging.consumer.model.delivery import Delivery, Handled, Ready
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Outcome, Release, Requeue

WAITS_FOR_GROUP: Final = Release("a message before it in its group is not done")
_WHY: Final = "it may have ended the process that handled it, so it will be handled alone"

Verdict = Literal["handle", "isolate", "handle alone", "attempts used up", "poison"]


class Plan(Struct, frozen=True):
    """A batch in the order in which its parts are completed: the `isolated`, whose copies leave
    before any handler runs, the `others`, and the delivery to handle `alone` at the end.
    """

    isolated: list[Handled]
    others: list[Ready | Handled]
    alone: Ready | None


class Facts(Struct, frozen=True):
    """What a verdict rests on.

    `used_up`: the attempts. `received_again`: SQS has handed this very record out before.
    `suspect`: receives that its attempts do not explain, or the mark of an earlier verdict.
    `isolated`: it has that mark, or stays in its queue, where no mark can be written.
    """

    used_up: bool
    received_again: bool
    suspect: bool
    isolated: bool


def verdict(facts: Facts) -> Verdict:
    """Return what is done with a delivery."""
    match facts:
        # The policy has changed since it was requeued, or another sender wrote the number.
        case Facts(used_up=True, received_again=False):
            return "attempts used up"
        case Facts(used_up=True):
            return "poison"
        case Facts(suspect=False):
            return "handle"
        # Also when it is the only one: from here on SQS counts the processes that it ends.
        case Facts(isolated=False):
            return "isolate"
        case _:
            return "handle alone"


def facts(delivery: Ready, invocation: Invocation) -> Facts:
    """Return the facts about a delivery."""
    envelope, attempts = delivery.envelope, invocation.consumer.retry.max_attempts
    marked = bool(envelope.retry and envelope.retry.suspect)
    # In its queue a message is received once for each of its attempts.
    explained = attempts if envelope.in_place else 1
    return Facts(
        # In a FIFO queue a message is also received when one before it failed: no evidence.
        used_up=envelope.attempt > attempts and not invocation.consumer.fifo,
        received_again=envelope.received > 1,
        suspect=envelope.received > explained or (marked and not envelope.in_place),
        isolated=marked or envelope.in_place,
    )


def is_suspect(delivery: Ready, invocation: Invocation) -> bool:
    """Whether the delivery may have ended the process that handled it."""
    return facts(delivery, invocation).suspect


def isolate(batch: Sequence[Ready | Handled], invocation: Invocation) -> Plan:
    """Divide a batch by the verdicts; of the suspects one is handled, the rest are isolated."""
    isolated: list[Handled] = []
    others: list[Ready | Handled] = []
    alone: Ready | None = None
    for delivery in batch:
        if isinstance(delivery, Handled):
            others.append(delivery)
            continue
        found = verdict(facts(delivery, invocation))
        if found == "handle alone" and alone is None:
            alone = delivery
        elif found in ("isolate", "handle alone"):
            # Different delays, or the suspects could meet in one batch again.
            isolated.append(delivery.decided(isolation(delivery, len(isolated))))
            if invocation.consumer.fifo:
                # It stays where it is, and its group waits for it.
                others.append(isolated[-1])
        elif alone is not None and invocation.consumer.fifo and delivery.group == alone.group:
            others.append(delivery.decided(WAITS_FOR_GROUP))
        else:
            others.append(_passed(delivery, found, invocation))
    return Plan([] if invocation.consumer.fifo else isolated, others, alone)


def isolation(delivery: Ready, delay: float) -> Outcome:
    """Return the outcome that brings a suspect back in `delay` seconds, to be handled alone."""
    envelope = delivery.envelope
    if envelope.in_place:
        return Release(_WHY, delay)
    return Requeue(attempt=envelope.attempt, delay=delay, why=_WHY, suspect=True)


def is_blocked(delivery: Delivery, batch: Sequence[Delivery], staying: Container[str]) -> bool:
    """Whether a FIFO record before this one in its group stays in the queue; `staying` are the SQS
    ids of the records that stay.
    """
    for each in batch:
        if each.sqs_id == delivery.sqs_id:
            return False
        if each.group == delivery.group and each.sqs_id in staying:
            return True
    return False


def _passed(delivery: Ready, found: Verdict, invocation: Invocation) -> Ready | Handled:
    """Return a delivery that is no suspect: ready, or dead if its attempts are used up."""
    envelope = delivery.envelope
    if found == "attempts used up":
        limit = invocation.consumer.retry.max_attempts
        reason = f"it comes for attempt {envelope.attempt}, and {limit} are allowed"
        return delivery.decided(DeadLetter(reason=reason, cause="attempts"))
    if found == "poison":
        reason = (
            f"it was received {envelope.received} times and never released: "
            "the process ended, or the function ran out of time or memory"
        )
        return delivery.decided(DeadLetter(reason=reason, cause="crash"))
    return delivery
