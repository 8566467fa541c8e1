"""One route of an HTTP API: its function is run, and the caller gets an answer whatever happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from messaging.api_context import ApiContext
from messaging.deadletter import failure_of
from messaging.errors import PublishFailed
from messaging.gateway import HttpEvent, Response, problem
from messaging.log import log
from messaging.problem import RefusedError, bad_request, read_body

Body = TypeVar("Body")


Handler = Callable[[Body, ApiContext], Response]


@dataclass(frozen=True)
class Route:
    """A route: its key as API Gateway writes it, the contract of its body, its function."""

    key: str
    body: type[Any] | None
    function: Handler[Any]

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """Return the path parameters where the route fits the request, else None."""
        template, actual = self.key.split("/"), f"{method} {path}".split("/")
        if len(template) != len(actual):
            return None
        parameters = {}
        for expected, given in zip(template, actual, strict=True):
            if expected.startswith("{") and given:
                parameters[expected[1:-1]] = given
            elif expected != given:
                return None
        return parameters

    def answer(self, request: HttpEvent, path: Mapping[str, str]) -> dict[str, Any]:
        """Return what the function answers, or the problem that says why it could not."""
        try:
            response = self._respond(request, path)
            # Here too: a body that JSON cannot hold is an error like any other.
            return response.to_gateway(request.correlation_id)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log the error
            return _failed(error, request).to_gateway(request.correlation_id)

    def _respond(self, request: HttpEvent, path: Mapping[str, str]) -> Response:
        context = ApiContext(
            request_id=request.request_context.request_id,
            correlation_id=request.correlation_id,
            path=path,
            idempotency_key=_idempotency_key(request),
        )
        body = read_body(request, self.body) if self.body else None
        return self.function(body, context)


def _idempotency_key(request: HttpEvent) -> str | None:
    key = request.header("idempotency-key")
    if key is None or (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        return key
    raise bad_request("Idempotency-Key", "expected 1 to 255 printable ASCII characters")


def _failed(error: Exception, request: HttpEvent) -> Response:
    if isinstance(error, RefusedError):
        return error.response
    _report(error, request)
    if isinstance(error, PublishFailed):
        detail = "The event could not be published. Send the same request again."
        return problem(503, detail, headers={"retry-after": "1"})
    return problem(500, "Something went wrong on our side.")


def _report(error: Exception, request: HttpEvent) -> None:
    """Log what failed and where; not the error's message, which may quote the request."""
    failure = failure_of(error)
    log(
        "request failed",
        level="ERROR",
        error=failure.type,
        stack=failure.stack,
        fingerprint=failure.fingerprint,
        correlation_id=request.correlation_id,
        request_id=request.request_context.request_id,
    )
