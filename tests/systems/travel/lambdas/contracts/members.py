"""What Members is invoked with, and its result."""

import hashlib
from typing import Annotated, ClassVar

from msgspec import Meta

from contracts.message import Command, Event

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]


class CheckMember(Command, frozen=True, kw_only=True):
    """Return whether the bearer of a token has a permission.

    `token_digest` is the SHA-256 of the token in lower-case hexadecimal digits. The token itself
    is in no message.
    """

    msg_tag: ClassVar[str] = "CheckMember"

    token_digest: Digest
    permission: str

    @classmethod
    def of(cls, token: str, permission: str) -> "CheckMember":
        """Return the command for the bearer of `token`."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        return cls(token_digest=digest, permission=permission)


class MemberChecked(Event, frozen=True, kw_only=True):
    """Whether the bearer has the permission, and who that is; None for nobody."""

    msg_tag: ClassVar[str] = "MemberChecked"

    allowed: bool
    principal: str | None = None
