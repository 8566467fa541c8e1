"""The Lambda authorizer of an HTTP API: it denies requests by default.

Authorizers of type REQUEST, payload format 2.0, simple responses.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from messaging import log
from messaging.deadline import Deadline, LambdaContext
from messaging.errors import MessagingError
from messaging.http.context import ApiContext
from messaging.http.request import HttpRequest
from messaging.http.request_log import log_failure

# RFC 6750, section 2.1; the scheme is case-insensitive (RFC 9110, section 11.1).
_BEARER: Final = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")


class AuthorizerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an authorizer decides on: the bearer `token`, and the key of the `route`.

    It has no path parameters, because API Gateway caches a decision by token and route: a decision
    on one ride would hold for every ride.
    """

    route: str
    token: str

    def __repr__(self) -> str:
        """Return the request without its token, which must not be logged."""
        return f"AuthorizerRequest(route={self.route!r})"


class CannotDecide(MessagingError):
    """The authorizer failed, so the request is not allowed; its log has the error."""


class Allowed:
    """The request is allowed; the API's functions read `principal` and `context` in
    `ApiContext.authorized`.
    """

    def __init__(self, principal: str, **context: str) -> None:
        """Allow the request of `principal`; raises TypeError for an empty or non-text value."""
        self.context: Mapping[str, str] = {"principal": principal, **context}
        # Checked at run time: the values come from another service, and a request without a
        # principal must not be allowed.
        if not principal or not all(isinstance(value, str) for value in self.context.values()):
            raise TypeError("Allowed needs a principal that is not empty, and text values only")


class Denied(msgspec.Struct, frozen=True):
    """The request is denied: the client gets a 403."""


class AuthorizerEvent(HttpRequest, frozen=True, kw_only=True, rename="camel"):
    """The event of an authorizer."""

    version: Literal["2.0"]
    type: Literal["REQUEST"]
    route_key: str


Decide = Callable[[AuthorizerRequest, ApiContext], Allowed | Denied]


class Authorizer:
    """The Lambda handler of an authorizer; decorate the function that decides:

        @Authorizer
        def authorizer(request: AuthorizerRequest, context: ApiContext) -> Allowed | Denied: ...

    A request is allowed only if the function returns `Allowed`. A request without a bearer token is
    denied without calling the function. If the function raises, returns anything else or times out,
    the client gets a 500, and API Gateway invokes the authorizer again for the next request.

    API Gateway caches each decision, also a denial, by token and route for the seconds of `cache`
    in the topology. A revoked right remains in force for that time.
    """

    def __init__(self, decide: Decide) -> None:
        """Make the handler; `decide` decides on a request."""
        self._decide = decide

    def __call__(
        self, event: Mapping[str, Any], lambda_context: LambdaContext | None
    ) -> dict[str, Any]:
        """Return the simple response to one request; raises CannotDecide if the function fails."""
        started = time.perf_counter()
        request = None
        try:
            request = msgspec.convert(event, AuthorizerEvent)
            allowed = self._decision(
                request, Deadline.of(lambda_context) if lambda_context else None
            )
        # SystemExit too: sys.exit() in a function is a failure like any other.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - no failure allows a request
            log_failure("authorizer failed", error, request)
            # Without the error: Lambda would log its text, which may contain the token. Not a
            # denial: API Gateway would cache it.
            raise CannotDecide from None
        _log(request, allowed is not None, time.perf_counter() - started)
        if allowed is None:
            return {"isAuthorized": False}
        return {"isAuthorized": True, "context": allowed.context}

    def _decision(self, request: AuthorizerEvent, deadline: Deadline | None) -> Allowed | None:
        """Return the function's Allowed, or None if the request is denied; raises TypeError for any
        other decision.
        """
        bearer = _BEARER.fullmatch(request.header("authorization") or "")
        if bearer is None:
            return None
        context = ApiContext(
            request_id=request.request_id,
            correlation_id=request.correlation_id,
            path=request.path_parameters or {},
            deadline=deadline,
        )
        decision = self._decide(
            AuthorizerRequest(route=request.route_key, token=bearer[1]), context
        )
        if isinstance(decision, Allowed | Denied):
            return decision if isinstance(decision, Allowed) else None
        raise TypeError("an authorizer returns Allowed or Denied")


def _log(request: AuthorizerEvent, allowed: bool, seconds: float) -> None:
    log.info(
        "authorization decided",
        route=request.route_key,
        allowed=allowed,
        durationMs=round(seconds * 1000, 1),
        correlationId=request.correlation_id,
        requestId=request.request_id,
    )
