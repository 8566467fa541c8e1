"""One route of an HTTP API: its function is run, and the caller gets an answer whatever happens."""

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
from messaging.wire.failure import error_text

Given = TypeVar("Given")


# What a function is given first: the body or the query string as its contract says, else None.
Handler = Callable[[Given, ApiContext], Response]


@dataclass(frozen=True)
class HttpRoute:
    """A route: its key as API Gateway writes it, the contract of its body or of its query string,
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
        """Return the path parameters where the route fits the request, else None."""
        template, actual = self.key.split("/"), f"{method} {path}".split("/")
        if len(template) != len(actual):
            return None
        parameters = {}
        for expected, given in zip(template, actual, strict=True):
            if expected.startswith("{") and given:
                # Not decoded here: API Gateway did, in the path as in its path parameters.
                parameters[expected[1:-1]] = given
            elif expected != given:
                return None
        return parameters

    def respond(
        self, request: HttpRequest, path: Mapping[str, str], deadline: Deadline | None
    ) -> Response:
        """Return what the function answers; raises what it raises, and RefusedError."""
        context = ApiContext(
            request_id=request.request_id,
            correlation_id=request.correlation_id,
            path=path,
            query=request.query_string_parameters or {},
            authorized=request.authorized,
            idempotency_key=idempotency_key(request),
            deadline=deadline,
        )
        return self.function(self._given(request), context)

    def _given(self, request: HttpRequest) -> object:
        if self.body:
            return read_body(request, self.body)
        return read_query(request, self.query) if self.query else None


def answer(request: HttpRequest, respond: Callable[[], Response]) -> dict[str, Any]:
    """Return what `respond` returns, or the problem that says why there is none."""
    try:
        # In here too: a body that JSON cannot hold is an error like any other.
        return _response(request, respond).to_gateway(request)
    except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log the error
        log_failure("request failed", error, request)
        return problem(500, "Something went wrong on our side.").to_gateway(request)


def _response(request: HttpRequest, respond: Callable[[], Response]) -> Response:
    """Return what `respond` returns or what its refusal says; raises any other error."""
    try:
        return respond()
    except RefusedError as refusal:
        return refusal.response
    except Reject as refusal:
        return problem(422, error_text(refusal))
    except (CallFailed, PublishFailed, Retry) as error:
        log_failure("request failed", error, request)
        return _come_again(error)


def _come_again(error: CallFailed | PublishFailed | Retry) -> Response:
    if isinstance(error, CallTimedOut):
        return problem(504, "This took too long. It may have been done all the same.")
    if isinstance(error, CallFailed):
        return problem(502, "Another service could not answer.")
    after = error.delay if isinstance(error, Retry) else None
    # Whole seconds, and not sooner than asked for.
    seconds = 1 if after is None else math.ceil(after)
    detail = "This could not be done now. Send the same request again."
    return problem(503, detail, headers={"retry-after": str(seconds)})


def idempotency_key(request: HttpRequest) -> str | None:
    """Return the Idempotency-Key header, if any; raises RefusedError for what is none."""
    key = request.header("idempotency-key")
    if key is None or (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        return key
    raise bad_request("Idempotency-Key", "expected 1 to 255 printable ASCII characters")
