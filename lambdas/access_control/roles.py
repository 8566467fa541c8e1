"""Roles, what each of them permits, and the decision. What nothing permits is denied."""

from collections.abc import Mapping, Set
from typing import Final

from access_control.members import Member
from contracts.access_control import AccessDecided

ROLES: Final[Mapping[str, Set[str]]] = {"dispatcher": {"rides:read"}}

_DENIED: Final = AccessDecided(allowed=False)


def decide(member: Member | None, permission: str, now: float) -> tuple[AccessDecided, str]:
    """Return whether a member may do something at `now`, in epoch seconds, and why (not)."""
    if member is None:
        return _DENIED, "no member has this token"
    if member.expires is not None and member.expires <= now:
        return _DENIED, "the member has expired"
    if not any(permission in ROLES.get(role, ()) for role in member.roles):
        return _DENIED, "no role of the member permits it"
    return AccessDecided(
        allowed=True, principal=member.principal
    ), "a role of the member permits it"
