"""When a message is no longer handled: too many hops in its conversation, or its time is over."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from messaging.wire.header import Header


class Expiry(Struct, frozen=True):
    """Why a message is no longer handled; `cause` is the cause of its dead letter."""

    reason: str
    cause: Literal["hops", "expired"]


def expiry(header: Header, hop_limit: int, now: datetime) -> Expiry | None:
    """Return why a message is no longer handled, None if it is to be handled."""
    if header.hops > hop_limit:
        return Expiry(f"{header.hops} hops in this conversation; the limit is {hop_limit}", "hops")
    if header.expires and header.expires <= now:
        return Expiry(f"the message expired at {header.expires.isoformat()}", "expired")
    return None
