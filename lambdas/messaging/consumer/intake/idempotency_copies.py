"""What becomes of a delivery when the item of another is in the way of its claim."""

from typing import Final

from messaging.consumer.intake.idempotency_table import Taken
from messaging.consumer.intake.isolation import is_suspect
from messaging.consumer.model.claim import Claim
from messaging.consumer.model.delivery import Ready
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Outcome, Requeue, Skipped

# Doublings of a second: the pauses between two looks grow to 512 s.
_MAX_DOUBLINGS: Final = 9
_HANDLED: Final = Skipped("it was handled before")
_CONFLICT: Final = DeadLetter(
    reason="a message with the same identity and another body came before it", cause="conflict"
)


def outcome_of_copy(
    delivery: Ready,
    wanted: Claim,
    taken: Taken,
    invocation: Invocation,
    why: str = "another invocation handles it",
) -> Outcome:
    """Return the outcome of a delivery that wanted a claim on what is `taken`."""
    if wanted.digest and taken.digest and wanted.digest != taken.digest:
        return _CONFLICT
    if taken.done:
        return _HANDLED
    looks = _looks(delivery, invocation)
    # The same attempt, and the same suspicion: its handler has not run.
    return Requeue(
        attempt=delivery.envelope.attempt,
        delay=_pause(looks, taken.seconds),
        why=why,
        suspect=is_suspect(delivery, invocation),
        looks=looks + 1,
    )


def _pause(looks: int, seconds: float) -> float:
    """Return the seconds until the next look at a claim that ends in `seconds`: 1, 2, 4 … s, and
    not much longer than the claim lasts. Most handlers are done long before its end.
    """
    return min(2.0 ** min(looks, _MAX_DOUBLINGS), max(1.0, seconds))


def _looks(delivery: Ready, invocation: Invocation) -> int:
    """Return how often the delivery has looked at a claim before."""
    envelope = delivery.envelope
    if invocation.consumer.fifo:
        # It stays in its queue, and SQS counts the receives.
        return envelope.received - 1
    if envelope.in_place:
        # A copy would not fit, and each receive counts as an attempt: it waits once, for the end.
        return _MAX_DOUBLINGS
    return envelope.retry.looks if envelope.retry else 0
