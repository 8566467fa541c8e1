"""The explanation that a dead letter carries."""

from datetime import datetime
from typing import Literal

import msgspec

# Why a message is dead: not understood, refused by its handler, out of attempts, in circles, late,
# or deadly for the process that handles it.
Cause = Literal["invalid", "rejected", "attempts", "hops", "expired", "crash"]


class FailureInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Why a message is dead, for the person who finds it; the JSON of the attribute `deadLetter`.

    `fingerprint` is the same for failures of one kind: the error's type and the functions it passed
    through. `attributes` holds those of the message that had no room beside this one. `explains` is
    the id of the message that this one explains, where the message itself was too large to carry
    its explanation.
    """

    reason: str
    cause: Cause
    error_type: str | None = None
    error_message: str | None = None
    stack: tuple[str, ...] = ()
    fingerprint: str | None = None
    service: str
    consumer: str
    message_id: str
    attempts: int
    first_received: datetime
    dead_lettered: datetime
    request_id: str
    attributes: dict[str, dict[str, str]] = {}
    explains: str | None = None

    def shorter(self) -> "FailureInfo":
        """Return it without the stack, reason and error message cut to a line."""
        message = self.error_message and self.error_message[:100]
        return msgspec.structs.replace(
            self, stack=(), reason=self.reason[:200], error_message=message
        )
