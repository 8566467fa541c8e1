"""One route of an HTTP API; responses to its requests, also if its function fails."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from messaging.deadline import Deadline
from messaging.errors import CallFailed, CallTimedOut, PublishFailed, Reject, Retry
from messaging.http.context import ApiContext
from messaging.http.request import HttpRequest
from messaging.http.request_log import log_failure
from messaging.http.response import Response, problem
from messaging.http.validation import RefusedError, bad_request, read_body, read_query
from messaging.sending.outgoing import derived_id
from messaging.wire.failure import error_text

Input = TypeVar("Input")

# Its first argument: the body or the query string as its contract, or None.
Handler = Callable[[Input, ApiContext], Response]


@dataclass(frozen=True)
class HttpRoute:
    """A route: its key, e.g. "GET /rides/{id}", the contract of its body or its query string, and
    its function.
    """

    key: str
    body: type[Any] | None
    query: type[msgspec.Struct] | None
    function: Handler[Any]

    @property
    def method(self) -> str:
        """The HTTP method of the key."""
        return self.key.partition(" ")[0]

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """Return the path parameters if the route fits the request, else None."""
        template, actual = self.key.split("/"), f"{method} {path}".split("/")
        if len(template) != len(actual):
            return None
        parameters = {}
        for expected, segment in zip(template, actual, strict=True):
            if expected.startswith("{") and segment:
                # Not decoded here: API Gateway has decoded the path, as it does path parameters.
                parameters[expected[1:-1]] = segment
            elif expected != segment:
                return None
        return parameters

    def call(
        self, request: HttpRequest, path: Mapping[str, str], deadline: Deadline | None
    ) -> Response:
        """Return the function's response; raises RefusedError, and what the function raises."""
        context = ApiContext(
            request_id=request.request_id,
            correlation_id=request.correlation_id,
            path=path,
            query=request.query_string_parameters or {},
            authorized=request.authorized,
            idempotency_key=idempotency_key(request, self.key),
            deadline=deadline,
        )
        return self.function(self._input(request), context)

    def _input(self, request: HttpRequest) -> object:
        if self.body:
            return read_body(request, self.body)
        return read_query(request, self.query) if self.query else None


def respond(request: HttpRequest, call: Callable[[], Response]) -> dict[str, Any]:
    """Return what `call` returns, in the form of API Gateway; errors are returned as problem
    details.
    """
    try:
        # Encoded within the try: a body that JSON cannot express is an error like any other.
        return _response(request, call).to_gateway(request)
    except Exception as error:  # noqa: BLE001 - the client gets a response, the log the error
        log_failure("request failed", error, request)
        return problem(500, "Something went wrong on our side.").to_gateway(request)


def _response(request: HttpRequest, call: Callable[[], Response]) -> Response:
    """Return what `call` returns, or the response to an error that has one; raises other errors."""
    try:
        return call()
    except RefusedError as refusal:
        return refusal.response
    except Reject as rejection:
        return problem(422, error_text(rejection))
    except (CallFailed, PublishFailed, Retry) as error:
        log_failure("request failed", error, request)
        return _unavailable(error)


def _unavailable(error: CallFailed | PublishFailed | Retry) -> Response:
    if isinstance(error, CallTimedOut):
        return problem(504, "This took too long. It may have been done all the same.")
    if isinstance(error, CallFailed):
        return problem(502, "Another service could not answer.")
    delay = error.delay if isinstance(error, Retry) else None
    # Whole seconds, rounded up: not before the delay is over.
    seconds = 1 if delay is None else math.ceil(delay)
    detail = "This could not be done now. Send the same request again."
    return problem(503, detail, headers={"retry-after": str(seconds)})


def idempotency_key(request: HttpRequest, route: str) -> str | None:
    """Return a digest of the header Idempotency-Key, the client that sent it, and the route; None
    without the header. Raises RefusedError unless it has 1 to 255 printable ASCII characters.
    """
    key = request.header("idempotency-key")
    if key is None:
        return None
    if 0 < len(key) <= 255 and key.isascii() and key.isprintable():
        # Clients choose their keys without regard to each other.
        return derived_id("idempotency key", route, request.authorized.get("principal"), key)
    raise bad_request("Idempotency-Key", "expected 1 to 255 printable ASCII characters")
