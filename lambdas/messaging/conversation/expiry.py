"""Where a conversation ends by itself: it runs in circles, or its time is over."""

from datetime import datetime

from messaging.consumer.model.outcome import DeadLetter
from messaging.wire.envelope import Header


def expiry(header: Header, hop_limit: int, now: datetime) -> DeadLetter | None:
    """Return why a message is not to be handled any more, None if it is."""
    if header.hops > hop_limit:
        reason = f"{header.hops} hops in this conversation; the limit is {hop_limit}"
        return DeadLetter(reason=reason, cause="hops")
    if header.expires and header.expires <= now:
        reason = f"the message expired at {header.expires.isoformat()}"
        return DeadLetter(reason=reason, cause="expired")
    return None
