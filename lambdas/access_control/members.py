"""Members, found by the SHA-256 of their token; the token itself is nowhere."""

from typing import Annotated

import msgspec
from msgspec import Meta

from messaging import log, table


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table: who they are, the roles they have, and until when, in epoch seconds."""

    principal: Annotated[str, Meta(min_length=1)]
    roles: frozenset[str] = frozenset()
    expires: float | None = None


def find(digest: str) -> Member | None:
    """Return the member whose token has this digest, None where nobody's has."""
    # Its duration betrays nothing: nobody can choose the digest of a token that they guess.
    row = table.get("members", digest)
    try:
        return msgspec.convert(row, Member) if row else None
    except msgspec.ValidationError as error:
        # Its text names fields and types, no values. Nobody passes by a row that is written wrong.
        log.error("member not understood", problem=str(error))
        return None
