"""What API Gateway hands over and gets back: HTTP APIs, payload format 2.0."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

# "=" because API Gateway's own request ids end in it: an id that we gave out must be welcome back.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.=-]{1,128}")


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """The request line."""

    method: str
    path: str


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """What the authorizer of the route said; only a Lambda authorizer's answer is kept."""

    by_lambda: dict[str, Any] | None = msgspec.field(name="lambda", default=None)


class RequestContext(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What API Gateway knows about the request."""

    request_id: str
    http: Http
    stage: str = "$default"
    authorizer: Authorization | None = None


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A request as API Gateway hands it over."""

    request_context: RequestContext
    route_key: str = "$default"
    headers: dict[str, str] | None = None
    path_parameters: dict[str, str] | None = None
    raw_query_string: str | None = None
    query_string_parameters: dict[str, str] | None = None
    body: str | None = None
    is_base64_encoded: bool = False

    def header(self, name: str) -> str | None:
        """Return a header's value; `name` in lower case."""
        headers = self.headers or {}
        # API Gateway writes names in lower case, the emulator as the client sent them.
        return next((value for key, value in headers.items() if key.lower() == name), None)

    @property
    def path(self) -> str:
        """The path without the stage, which API Gateway puts in front unless it is `$default`.

        HTTP APIs decode it, as they do path parameters: "/a%2Fb" arrives as "/a/b".
        """
        path, stage = self.request_context.http.path, f"/{self.request_context.stage}/"
        return path.removeprefix(stage[:-1]) if path.startswith(stage) else path

    @property
    def request_id(self) -> str:
        """API Gateway's own id of the request."""
        return self.request_context.request_id

    @property
    def authorized(self) -> Mapping[str, Any]:
        """What a Lambda authorizer said of the caller; empty on a route without one."""
        # With a simple answer that has no context, `lambda` is null.
        authorizer = self.request_context.authorizer
        return (authorizer and authorizer.by_lambda) or {}

    @property
    def correlation_id(self) -> str:
        """The caller's `x-correlation-id` where it is a sane token, else the request's own id."""
        given = self.header("x-correlation-id")
        sane = given is not None and _TOKEN.fullmatch(given)
        return given if given and sane else self.request_id

    def content(self) -> bytes:
        """Return the body's bytes; raises ValueError when it is not encoded as it claims to be."""
        body = self.body or ""
        return base64.b64decode(body) if self.is_base64_encoded else body.encode()
