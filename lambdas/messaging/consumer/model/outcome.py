"""What becomes of a message: a handler's result turns into one of these, the batch acts on it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from messaging.wire.dead_letter import Cause


class Done(Struct, frozen=True):
    """Processed: SQS deletes it."""


class Skipped(Struct, frozen=True):
    """There is nothing to do any more: SQS deletes it. `counts_as` is a metric."""

    why: str
    counts_as: Literal["Duplicates", "Late", "Processed"] = "Duplicates"


class Requeue(Struct, frozen=True, kw_only=True):
    """To be tried again in `delay` seconds as attempt `attempt`, not before `not_before` if given.

    A `suspect` may have ended the process that handled it: it will be handled alone.
    """

    attempt: int
    delay: float
    why: str
    not_before: datetime | None = None
    error: BaseException | None = None
    suspect: bool = False


class DeadLetter(Struct, frozen=True, kw_only=True):
    """To be put in the dead-letter queue; `reason` is a sentence for the person who looks there."""

    reason: str
    cause: Cause
    error: BaseException | None = None


class Release(Struct, frozen=True):
    """Not started: goes back to its queue and costs no attempt. `delay` in seconds."""

    why: str
    delay: float = 0


Outcome = Done | Skipped | Requeue | DeadLetter | Release
