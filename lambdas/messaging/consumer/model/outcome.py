"""The outcome of a delivery: what is done with the message."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from messaging.wire.dead_letter import Cause


class Done(Struct, frozen=True):
    """Processed: SQS deletes the record."""


DONE = Done()


class Skipped(Struct, frozen=True):
    """There is nothing to do: SQS deletes the record. `counts_as` is the metric."""

    why: str
    counts_as: Literal["Duplicates", "Late", "Processed"] = "Duplicates"


class Requeue(Struct, frozen=True, kw_only=True):
    """Tried again in `delay` seconds as attempt `attempt`, and not before `not_before`.

    A `suspect` may have ended the process that handled it; it is handled alone. `looks` counts how
    often it has met the claim of another invocation.
    """

    attempt: int
    delay: float
    why: str
    not_before: datetime | None = None
    error: BaseException | None = None
    suspect: bool = False
    looks: int = 0


class DeadLetter(Struct, frozen=True, kw_only=True):
    """Sent to the dead-letter queue; `reason` is a sentence for the person who reads it there."""

    reason: str
    cause: "Cause"
    error: BaseException | None = None


class Release(Struct, frozen=True):
    """Not started: the message returns to its queue after `delay` seconds."""

    why: str
    delay: float = 0


Outcome = Done | Skipped | Requeue | DeadLetter | Release
