"""What Access Control is asked, and what it answers."""

import hashlib
from typing import Annotated, ClassVar

from msgspec import Meta

from contracts.message import Command, Event

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
# What may be done to what: "rides:read".
Permission = Annotated[str, Meta(pattern="^[a-z-]+:[a-z-]+$", max_length=128)]


class CheckAccess(Command, frozen=True, kw_only=True):
    """May the bearer of a token do this?

    `token_digest` is the token's SHA-256 in lower-case hexadecimal digits: the token itself stays
    with whom it was shown to.
    """

    msg_tag: ClassVar[str] = "CheckAccess"

    token_digest: Digest
    permission: Permission

    @classmethod
    def of(cls, token: str, permission: str) -> "CheckAccess":
        """Return the question for the bearer of `token`."""
        # Unsalted and quick, which is enough for tokens that are random, and for no password.
        digest = hashlib.sha256(token.encode()).hexdigest()
        return cls(token_digest=digest, permission=permission)


class AccessDecided(Event, frozen=True, kw_only=True):
    """Whether they may. `principal` is who they are, None where they may not."""

    msg_tag: ClassVar[str] = "AccessDecided"

    allowed: bool
    principal: str | None = None
