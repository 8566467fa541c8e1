"""The authorizer of docs/apis.md, which quotes it."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import pytest

from contracts import Command, Event
from messaging import (
    Allowed,
    ApiContext,
    Authorizer,
    AuthorizerRequest,
    Denied,
    Rejected,
)
from tests.unit.messaging.requests import request

ROUTE = "POST /seats/{seat}/bookings"


class CheckSeller(Command, frozen=True, kw_only=True):
    """Has the bearer of the token a permission? `token_digest` is the SHA-256 of the token."""

    msg_tag: ClassVar[str] = "CheckSeller"

    token_digest: str
    permission: str


class SellerChecked(Event, frozen=True, kw_only=True):
    """The decision, and the seller's name if it is positive."""

    msg_tag: ClassVar[str] = "SellerChecked"

    allowed: bool
    principal: str | None = None


# A guarded route without a permission is closed.
PERMISSIONS: Final[Mapping[str, str]] = {"POST /seats/{seat}/bookings": "seats:book"}


@Authorizer
def authorizer(request: AuthorizerRequest, context: ApiContext) -> Allowed | Denied:
    """Allow the request if a function of Sellers allows it."""
    permission = PERMISSIONS.get(request.route)
    if permission is None:
        return Denied()
    digest = hashlib.sha256(request.token.encode()).hexdigest()
    command = CheckSeller(token_digest=digest, permission=permission)
    result = context.invoke(
        command, to="Sellers", returns=SellerChecked, timeout=3, idempotent=True
    )
    if isinstance(result, SellerChecked) and result.allowed and result.principal:
        return Allowed(result.principal)
    return Denied()


def decide(
    patch: pytest.MonkeyPatch, result: SellerChecked | Rejected, route: str = ROUTE
) -> tuple[Any, list[CheckSeller]]:
    """Return API Gateway's response if Sellers returns `result`, and the commands to Sellers."""
    commands: list[CheckSeller] = []

    def invoke(context: ApiContext, command: CheckSeller, *, to: str, **options: object) -> object:
        assert (to, options["returns"]) == ("Sellers", SellerChecked)
        commands.append(command)
        return result

    patch.setattr(ApiContext, "invoke", invoke)
    headers = {"authorization": "Bearer a-token"}
    event = {**request(route, key=route, headers=headers), "type": "REQUEST"}
    return authorizer(event, None), commands


def test_a_seller_with_the_permission_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    response, commands = decide(monkeypatch, SellerChecked(allowed=True, principal="ada"))

    assert response == {"isAuthorized": True, "context": {"principal": "ada"}}
    digest = hashlib.sha256(b"a-token").hexdigest()
    assert commands == [CheckSeller(token_digest=digest, permission="seats:book")]


@pytest.mark.parametrize(
    "result",
    [
        SellerChecked(allowed=False),
        SellerChecked(allowed=True),
        SellerChecked(allowed=False, principal="ada"),
        Rejected("unknown permission"),
    ],
)
def test_every_other_result_denies(
    monkeypatch: pytest.MonkeyPatch, result: SellerChecked | Rejected
) -> None:
    assert decide(monkeypatch, result)[0] == {"isAuthorized": False}


def test_a_route_without_a_permission_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = SellerChecked(allowed=True, principal="ada")

    assert decide(monkeypatch, allowed, "GET /seats") == ({"isAuthorized": False}, [])
