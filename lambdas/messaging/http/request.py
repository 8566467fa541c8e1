"""A request of an HTTP API, as the event of API Gateway (payload format 2.0)."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

# "=" because API Gateway's request ids end in it: clients may send them back as correlation ids.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.=-]{1,128}")


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """The method and the path of the request line."""

    method: str
    path: str


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the route's authorizer; only that of a Lambda authorizer is read."""

    by_lambda: dict[str, Any] | None = msgspec.field(name="lambda", default=None)


class RequestContext(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The `requestContext` of the event."""

    request_id: str
    http: Http
    stage: str = "$default"
    authorizer: Authorization | None = None


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The event of a request."""

    request_context: RequestContext
    route_key: str = "$default"
    headers: dict[str, str] | None = None
    path_parameters: dict[str, str] | None = None
    raw_query_string: str | None = None
    query_string_parameters: dict[str, str] | None = None
    body: str | None = None
    is_base64_encoded: bool = False

    def header(self, name: str) -> str | None:
        """Return the value of a header, None without it; `name` in lower case."""
        headers = self.headers or {}
        # API Gateway writes names in lower case, the emulator as the client sent them.
        return next((value for key, value in headers.items() if key.lower() == name), None)

    @property
    def path(self) -> str:
        """The decoded path, without the stage that API Gateway prepends unless it is `$default`.

        "/a%2Fb" is received as "/a/b", in the path and in path parameters.
        """
        path, stage = self.request_context.http.path, f"/{self.request_context.stage}/"
        return path.removeprefix(stage[:-1]) if path.startswith(stage) else path

    @property
    def request_id(self) -> str:
        """API Gateway's id of the request."""
        return self.request_context.request_id

    @property
    def authorized(self) -> Mapping[str, Any]:
        """The context that the route's Lambda authorizer has returned, empty without one."""
        # After a simple response without a context, `lambda` is null.
        authorizer = self.request_context.authorizer
        return (authorizer and authorizer.by_lambda) or {}

    @property
    def correlation_id(self) -> str:
        """The client's header x-correlation-id if it has 1 to 128 safe characters, else the
        request's id.
        """
        given = self.header("x-correlation-id")
        return given if given and _TOKEN.fullmatch(given) else self.request_id

    def content(self) -> bytes:
        """Return the body's bytes, b"" without a body; raises ValueError for invalid base64."""
        body = self.body or ""
        return base64.b64decode(body) if self.is_base64_encoded else body.encode()
