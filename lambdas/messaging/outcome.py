"""What becomes of a message: a handler's result turns into one of these, the batch acts on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# Why a message is dead: not understood, refused by its handler, out of attempts, in circles, late,
# or deadly for the process that handles it.
Cause = Literal["invalid", "rejected", "attempts", "hops", "expired", "crash"]


@dataclass(frozen=True, slots=True)
class Done:
    """Processed: SQS deletes it."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Processed before: SQS deletes it."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeue:
    """To be tried again in `delay` seconds as attempt `attempt`, not before `not_before` if given.

    A `suspect` may have ended the process that handled it: it will be handled alone.
    """

    attempt: int
    delay: float
    why: str
    not_before: datetime | None = None
    error: BaseException | None = None
    suspect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """To be put in the dead-letter queue; `reason` is a sentence for the person who looks there."""

    reason: str
    cause: Cause
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class HandBack:
    """Not started: goes back to its queue and costs no attempt. `delay` in seconds."""

    why: str
    delay: float = 0


Outcome = Done | Skipped | Requeue | DeadLetter | HandBack
