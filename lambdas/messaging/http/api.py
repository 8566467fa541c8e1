"""The Lambda handler of an HTTP API: it routes requests to functions."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

import msgspec

from messaging.deadline import Deadline, LambdaContext
from messaging.http.request import HttpRequest
from messaging.http.request_log import log_request
from messaging.http.response import Response, problem
from messaging.http.route import Handler, HttpRoute, respond

Body = TypeVar("Body")
Query = TypeVar("Query", bound=msgspec.Struct)


class Verb:
    """Registers functions for one HTTP method."""

    def __init__(self, routes: dict[str, HttpRoute], method: str) -> None:
        """Register into `routes` under `method`."""
        self._routes, self._method = routes, method

    @overload
    def __call__(self, path: str) -> Callable[[Handler[None]], Handler[None]]: ...

    @overload
    def __call__(
        self, path: str, *, body: type[Body]
    ) -> Callable[[Handler[Body]], Handler[Body]]: ...

    @overload
    def __call__(
        self, path: str, *, query: type[Query]
    ) -> Callable[[Handler[Query]], Handler[Query]]: ...

    def __call__(
        self, path: str, *, body: type[Any] | None = None, query: type[Any] | None = None
    ) -> Any:
        """Route requests for `path` to the decorated function; `{id}` in it is a path parameter.

        The function is called with the request's `body` or `query` string, decoded as that
        contract, or None without a contract, and an ApiContext; it returns a Response. A request
        that does not fit the contract gets a 400 that names the field or parameter. Raises
        ValueError for a second function of a route, and for both contracts.
        """
        key = f"{self._method} {path}"
        if key in self._routes:
            raise ValueError(f"{key} has a function already; a route has one function")
        if body and query:
            raise ValueError(f"{key} has `body` and `query`; a function gets one of them")

        def register(function: Handler[Any]) -> Handler[Any]:
            self._routes[key] = HttpRoute(key, body, query, function)
            return function

        return register


class Api:
    """The Lambda handler of an HTTP API (API Gateway, payload format 2.0).

    Register functions with `get`, `put`, `post`, `patch` and `delete`:

        @api.post("/rides", body=SubmitRide)
        def submit(ride: SubmitRide, context: ApiContext) -> Response: ...
    """

    def __init__(self) -> None:
        """Start without routes."""
        self._routes: dict[str, HttpRoute] = {}
        self.get = Verb(self._routes, "GET")
        self.put = Verb(self._routes, "PUT")
        self.post = Verb(self._routes, "POST")
        self.patch = Verb(self._routes, "PATCH")
        self.delete = Verb(self._routes, "DELETE")

    @property
    def routes(self) -> frozenset[str]:
        """The route keys that have a function, e.g. "GET /rides/{id}"."""
        return frozenset(self._routes)

    def __call__(
        self, event: Mapping[str, Any], lambda_context: LambdaContext | None
    ) -> dict[str, Any]:
        """Return the response to one request, in the form of API Gateway.

        Errors of the function are returned as problem details. Raises ValidationError if `event` is
        no request of an HTTP API.
        """
        started = time.perf_counter()
        deadline = Deadline.of(lambda_context) if lambda_context else None
        request = msgspec.convert(event, HttpRequest)
        route, path = self._find(request)
        response = respond(
            request,
            lambda: route.call(request, path, deadline) if route else self._no_route(request),
        )
        seconds = time.perf_counter() - started
        log_request(request, route.key if route else None, response["statusCode"], seconds)
        return response

    def _find(self, request: HttpRequest) -> tuple[HttpRoute | None, Mapping[str, str]]:
        if route := self._routes.get(request.route_key):
            return route, request.path_parameters or {}
        method = request.request_context.http.method
        # A literal path has precedence over a path with parameters.
        for route in sorted(self._routes.values(), key=lambda route: route.key.count("{")):
            if (path := route.match(method, request.path)) is not None:
                return route, path
        return None, {}

    def _no_route(self, request: HttpRequest) -> Response:
        """Return 404 or 405 for a request without a route: a catch-all route sends these too."""
        routes = self._routes.values()
        methods = {
            each.method for each in routes if each.match(each.method, request.path) is not None
        }
        if not methods:
            return problem(404, "There is nothing here.")
        allow = ", ".join(sorted(methods))
        return problem(405, f"Only {allow} can be done here.", headers={"allow": allow})
