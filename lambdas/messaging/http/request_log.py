"""The log lines of HTTP requests. They contain no path, body or header and no text of an error,
because these may contain personal data.
"""

from typing import Final

from messaging import log
from messaging.http.request import HttpRequest
from messaging.wire.failure import failure_of

_SERVER_ERROR: Final = 500


def log_request(request: HttpRequest, route: str | None, status: int, seconds: float) -> None:
    """Log the response to a request, an error from status 500 on; `route` is the key of the route,
    None if no route fits.
    """
    write = log.error if status >= _SERVER_ERROR else log.info
    write(
        "request answered",
        method=request.request_context.http.method,
        route=route,
        status=status,
        durationMs=round(seconds * 1000, 1),
        correlationId=request.correlation_id,
        requestId=request.request_id,
    )


def log_failure(event: str, error: BaseException, request: HttpRequest | None) -> None:
    """Log an error as `event`; `request` is None if the event was no request."""
    failure = failure_of(error)
    log.error(
        event,
        error=failure.type,
        stack=failure.stack,
        **failure.log_fields,
        correlationId=request and request.correlation_id,
        requestId=request and request.request_id,
    )
