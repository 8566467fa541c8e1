"""What becomes of a message. A handler's result is turned into one of these; the batch then acts on
it.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Done:
    """Processed: SQS deletes it."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Processed before: SQS deletes it."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeue:
    """To be tried again after `delay` seconds as attempt number `attempt`, not before `not_before`
    if given.
    """

    attempt: int
    delay: float
    why: str
    not_before: datetime | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """To be put in the dead-letter queue; `reason` is a sentence for the person who looks there."""

    reason: str
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class HandBack:
    """Not started: goes back to its queue at once and costs no attempt."""

    why: str


Outcome = Done | Skipped | Requeue | DeadLetter | HandBack
