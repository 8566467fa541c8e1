"""Why a message was dead-lettered: the attribute `deadLetter`."""

from datetime import datetime
from typing import Literal

import msgspec

from messaging.wire.header import BinaryAttribute, TextAttribute

# invalid   it cannot be read, or no handler accepts it
# rejected  its handler rejected it, or failed in a way that is not retried
# attempts  its attempts are used up
# hops      its conversation exceeded the hop limit
# expired   its time was over
# conflict  a message with the same identity and another body came before it
# crash     its handler ended the process, or ran out of time or memory
Cause = Literal["invalid", "rejected", "attempts", "hops", "expired", "conflict", "crash"]


class FailureInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Why a message was dead-lettered: the JSON of the attribute `deadLetter`.

    `fingerprint`  a digest of the error's type and the functions of its stack, equal for failures
                   of one kind
    `attributes`   attributes of the message for which there was no room beside `deadLetter`:
                   texts, and bytes in `binary`
    `explains`     the id of another dead letter that had no room for this attribute
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
    attributes: dict[str, TextAttribute] = {}
    binary: dict[str, BinaryAttribute] = {}
    explains: str | None = None

    def shorter(self) -> "FailureInfo":
        """Return a copy without the stack, its reason cut to 200 characters, its message to 100."""
        message = self.error_message and self.error_message[:100]
        return msgspec.structs.replace(
            self, stack=(), reason=self.reason[:200], error_message=message
        )
