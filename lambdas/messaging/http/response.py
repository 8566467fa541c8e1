"""Responses of an HTTP API."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from messaging.http.request import HttpRequest

_PROBLEM: Final = "application/problem+json"


class Response(msgspec.Struct, frozen=True):
    """A response: its status, its body (any value that JSON can express, None for no body), its
    headers.
    """

    status: int
    body: object = None
    headers: Mapping[str, str] = {}

    def to_gateway(self, request: HttpRequest) -> dict[str, Any]:
        """Return the response to `request` in the form of API Gateway.

        Raises TypeError or ValueError for a body that JSON cannot express.
        """
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers.setdefault("content-type", "application/json")
        ids = {"x-correlation-id": request.correlation_id, "x-request-id": request.request_id}
        body = self.body
        if headers["content-type"] == _PROBLEM and isinstance(body, dict):
            # For users to quote. Not RFC 9457's `instance`: clients resolve that URI reference
            # against the API, which has no resource for a past request.
            body = {**body, "requestId": request.request_id}
        return {
            "statusCode": self.status,
            "headers": {**headers, **ids},
            "body": "" if body is None else msgspec.json.encode(body).decode(),
        }


def ok(body: object = None, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with status 200 OK."""
    return Response(200, body, headers or {})


def created(body: object = None, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with status 201 Created."""
    return Response(201, body, headers or {})


def accepted(body: object = None, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with status 202 Accepted: the work is done later."""
    return Response(202, body, headers or {})


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
) -> Response:
    """Return problem details (RFC 9457); `members` are added to the JSON object.

    Raises ValueError unless `status` is a known HTTP status.
    """
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return Response(status, body, {**(headers or {}), "content-type": _PROBLEM})
