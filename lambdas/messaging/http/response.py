"""Responses of an HTTP API."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from messaging.http.request import HttpRequest

_PROBLEM: Final = "application/problem+json"


class Response(msgspec.Struct, frozen=True):
    """The answer to a request; `body` is any value that JSON can hold, None for no body."""

    status: int
    body: object = None
    headers: Mapping[str, str] = {}

    def to_gateway(self, request: HttpRequest) -> dict[str, Any]:
        """Return the answer to `request` as API Gateway takes it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers.setdefault("content-type", "application/json")
        ids = {"x-correlation-id": request.correlation_id, "x-request-id": request.request_id}
        body = self.body
        if headers["content-type"] == _PROBLEM and isinstance(body, dict):
            # For a user to quote. Not RFC 9457's `instance`: that is a URI reference, which clients
            # resolve against the API, where nothing answers for a past request.
            body = {**body, "requestId": request.request_id}
        return {
            "statusCode": self.status,
            "headers": {**headers, **ids},
            "body": "" if body is None else msgspec.json.encode(body).decode(),
        }


def ok(body: object = None, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return 200: here it is."""
    return Response(200, body, headers or {})


def created(body: object = None, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return 201: it exists now."""
    return Response(201, body, headers or {})


def accepted(body: object = None, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return 202: it will be done."""
    return Response(202, body, headers or {})


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
) -> Response:
    """Return problem details (RFC 9457); `members` are added to the JSON object."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return Response(status, body, {**(headers or {}), "content-type": _PROBLEM})
