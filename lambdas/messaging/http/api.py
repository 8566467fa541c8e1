"""Serves an HTTP API: which request goes to which function."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

import msgspec

from messaging.deadline import Deadline, LambdaContext
from messaging.http.context import ApiContext
from messaging.http.request import HttpRequest
from messaging.http.request_log import log_request
from messaging.http.response import Response, accepted, created, ok, problem
from messaging.http.route import Handler, HttpRoute, answer

__all__ = ["Api", "ApiContext", "Response", "accepted", "created", "ok", "problem"]

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
        """Send requests for `path` to the decorated function; `{id}` in it is a path parameter.

        The function is given first the `body` or the `query` string as that contract says. What
        does not fit the contract is refused with a 400 that names the field or parameter.
        """
        key = f"{self._method} {path}"
        if key in self._routes:
            raise ValueError(f"{key} has a function already; a route goes to one place")
        if body and query:
            raise ValueError(f"{key} has two contracts; a function is given a body or a query")

        def register(function: Handler[Any]) -> Handler[Any]:
            self._routes[key] = HttpRoute(key, body, query, function)
            return function

        return register


class Api:
    """The Lambda entry point of an HTTP API. Without a contract a function is given None."""

    def __init__(self) -> None:
        """Start without routes; `post` and its like add them."""
        self._routes: dict[str, HttpRoute] = {}
        self.get = Verb(self._routes, "GET")
        self.put = Verb(self._routes, "PUT")
        self.post = Verb(self._routes, "POST")
        self.patch = Verb(self._routes, "PATCH")
        self.delete = Verb(self._routes, "DELETE")

    @property
    def routes(self) -> frozenset[str]:
        """Every route key that has a function."""
        return frozenset(self._routes)

    def __call__(
        self, event: Mapping[str, Any], lambda_context: LambdaContext | None
    ) -> dict[str, Any]:
        """Answer one request; raises ValidationError for what is no request of an HTTP API."""
        started = time.perf_counter()
        deadline = Deadline.of(lambda_context) if lambda_context else None
        request = msgspec.convert(event, HttpRequest)
        route, path = self._find(request)
        answered = answer(
            request,
            lambda: route.respond(request, path, deadline) if route else self._nowhere(request),
        )
        seconds = time.perf_counter() - started
        log_request(request, route.key if route else None, answered["statusCode"], seconds)
        return answered

    def _find(self, request: HttpRequest) -> tuple[HttpRoute | None, Mapping[str, str]]:
        if route := self._routes.get(request.route_key):
            return route, request.path_parameters or {}
        method = request.request_context.http.method
        # A literal path wins over one with parameters.
        for route in sorted(self._routes.values(), key=lambda route: route.key.count("{")):
            if (path := route.match(method, request.path)) is not None:
                return route, path
        return None, {}

    def _nowhere(self, request: HttpRequest) -> Response:
        """Answer a request that no route fits; behind a catch-all route there are such."""
        routes = self._routes.values()
        fitting = {
            each.method for each in routes if each.match(each.method, request.path) is not None
        }
        if not fitting:
            return problem(404, "There is nothing here.")
        allow = ", ".join(sorted(fitting))
        return problem(405, f"Only {allow} can be done here.", headers={"allow": allow})
