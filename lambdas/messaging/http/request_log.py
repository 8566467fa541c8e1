"""What a request leaves in the log. Neither its path, body and headers nor an error's message, all
of which may name a person.
"""

from typing import Final

from messaging.http.request import HttpRequest
from messaging.log import log
from messaging.wire.failure import failure_of

_SERVER_ERROR: Final = 500


def log_request(request: HttpRequest, route: str | None, status: int, seconds: float) -> None:
    """Log that a request was answered; `route` is the key of what answered it."""
    log(
        "request answered",
        level="ERROR" if status >= _SERVER_ERROR else "INFO",
        method=request.request_context.http.method,
        route=route,
        status=status,
        durationMs=round(seconds * 1000, 1),
        correlationId=request.correlation_id,
        requestId=request.request_id,
    )


def log_failure(event: str, error: BaseException, request: HttpRequest | None) -> None:
    """Log as `event` what failed and where; `request` is None where it could not be understood."""
    failure = failure_of(error)
    log(
        event,
        level="ERROR",
        error=failure.type,
        stack=failure.stack,
        fingerprint=failure.fingerprint,
        correlationId=request and request.correlation_id,
        requestId=request and request.request_id,
    )
