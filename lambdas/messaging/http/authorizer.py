"""Whether a request may reach an API: the Lambda authorizer of an HTTP API. It denies by default.

HTTP APIs, type REQUEST, payload format 2.0, simple responses.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from messaging.deadline import Deadline, LambdaContext
from messaging.errors import MessagingError
from messaging.http.context import ApiContext
from messaging.http.request import HttpRequest
from messaging.http.request_log import log_failure
from messaging.log import log

# RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1).
_BEARER: Final = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")


class AuthorizerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an authorizer decides on: the bearer `token`, and the key of the `route` it is for.

    Not the path's parameters: API Gateway remembers the decision for this token and route, so who
    may see one ride would see every ride.
    """

    route: str
    token: str

    def __repr__(self) -> str:
        """Return it without the token, which has no business in a log."""
        return f"AuthorizerRequest(route={self.route!r})"


class CannotDecide(MessagingError):
    """The authorizer failed, so nothing passes; its log says why."""


class Allowed:
    """The request may pass; the API's functions find `principal` and `context` in
    `context.authorized`.
    """

    def __init__(self, principal: str, **context: str) -> None:
        """Allow `principal`, with what else the API should know of it."""
        self.context: Mapping[str, str] = {"principal": principal, **context}
        # Checked, since these come from another service, and who is nobody must not pass.
        if not principal or not all(isinstance(value, str) for value in self.context.values()):
            raise TypeError("Allowed takes a principal that is not empty, and text only")


class Denied(msgspec.Struct, frozen=True):
    """The request may not pass: the client gets a 403."""


class AuthorizerEvent(HttpRequest, frozen=True, kw_only=True, rename="camel"):
    """A request as API Gateway hands it to an authorizer."""

    version: Literal["2.0"]
    type: Literal["REQUEST"]
    route_key: str


Decide = Callable[[AuthorizerRequest, ApiContext], Allowed | Denied]


class Authorizer:
    """The Lambda entry point of an authorizer, made from the function that decides:

        @Authorizer
        def authorizer(request: AuthorizerRequest, context: ApiContext) -> Allowed | Denied: ...

    Only a returned `Allowed` lets a request pass. Without a bearer token the function is not asked.
    An authorizer that raises, returns anything else, times out or crashes lets nothing pass either:
    the client gets a 500, and API Gateway asks again next time.

    It keeps nothing between requests: API Gateway remembers each decision, a denial too, per token
    and route for as long as the map's `cache` says. A right that is withdrawn lasts that long.
    """

    def __init__(self, decide: Decide) -> None:
        """Let `decide` say whether a request may pass."""
        self._decide = decide

    def __call__(
        self, event: Mapping[str, Any], lambda_context: LambdaContext | None
    ) -> dict[str, Any]:
        """Return API Gateway's simple response to one request; raises CannotDecide."""
        started = time.perf_counter()
        request = None
        try:
            request = msgspec.convert(event, AuthorizerEvent)
            allowed = self._ask(request, Deadline.of(lambda_context) if lambda_context else None)
        # SystemExit too: sys.exit() in a function is a failure like any other.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it was, nothing passes
            log_failure("authorizer failed", error, request)
            # Without the error, whose message Lambda would log and which may quote the token. Not
            # as a denial, which would be remembered.
            raise CannotDecide from None
        _log(request, allowed is not None, time.perf_counter() - started)
        if allowed is None:
            return {"isAuthorized": False}
        return {"isAuthorized": True, "context": allowed.context}

    def _ask(self, request: AuthorizerEvent, deadline: Deadline | None) -> Allowed | None:
        """Return what the function allows, or None; raises where it answers neither way."""
        bearer = _BEARER.fullmatch(request.header("authorization") or "")
        if bearer is None:
            return None
        context = ApiContext(
            request_id=request.request_id,
            correlation_id=request.correlation_id,
            path=request.path_parameters or {},
            deadline=deadline,
        )
        asked = AuthorizerRequest(route=request.route_key, token=bearer[1])
        decision = self._decide(asked, context)
        if isinstance(decision, Allowed | Denied):
            return decision if isinstance(decision, Allowed) else None
        raise TypeError("an authorizer returns Allowed or Denied")


def _log(request: AuthorizerEvent, allowed: bool, seconds: float) -> None:
    log(
        "authorization decided",
        route=request.route_key,
        allowed=allowed,
        durationMs=round(seconds * 1000, 1),
        correlationId=request.correlation_id,
        requestId=request.request_id,
    )
