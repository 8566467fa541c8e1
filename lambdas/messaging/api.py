"""Serves an HTTP API: which request goes to which function."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

import msgspec

from messaging.api_context import ApiContext
from messaging.gateway import HttpEvent, Response, accepted, created, ok, problem
from messaging.log import log
from messaging.route import Handler, Route

__all__ = ["Api", "ApiContext", "Response", "accepted", "created", "ok", "problem"]

Body = TypeVar("Body")


class Verb:
    """Registers functions for one HTTP method."""

    def __init__(self, routes: dict[str, Route], method: str) -> None:
        """Register into `routes` under `method`."""
        self._routes, self._method = routes, method

    @overload
    def __call__(self, path: str) -> Callable[[Handler[None]], Handler[None]]: ...

    @overload
    def __call__(
        self, path: str, *, body: type[Body]
    ) -> Callable[[Handler[Body]], Handler[Body]]: ...

    def __call__(self, path: str, *, body: type[Any] | None = None) -> Any:
        """Send requests for `path` to the decorated function; `{id}` in it is a path parameter."""
        key = f"{self._method} {path}"
        if key in self._routes:
            raise ValueError(f"{key} has a function already; a route goes to one place")

        def register(function: Handler[Any]) -> Handler[Any]:
            self._routes[key] = Route(key, body, function)
            return function

        return register


class Api:
    """The Lambda entry point of an HTTP API. Without a `body` a function is given None."""

    def __init__(self) -> None:
        """Start without routes; `post` and its like add them."""
        self._routes: dict[str, Route] = {}
        self.get = Verb(self._routes, "GET")
        self.put = Verb(self._routes, "PUT")
        self.post = Verb(self._routes, "POST")
        self.patch = Verb(self._routes, "PATCH")
        self.delete = Verb(self._routes, "DELETE")

    @property
    def routes(self) -> frozenset[str]:
        """Every route key that has a function."""
        return frozenset(self._routes)

    def __call__(self, event: Mapping[str, Any], lambda_context: object) -> dict[str, Any]:
        """Answer one request; raises ValidationError for what is no request of an HTTP API."""
        started = time.perf_counter()
        request = msgspec.convert(event, HttpEvent)
        route, path = self._find(request)
        answer = route.answer(request, path) if route else _nothing_here(request)
        _log(request, route, answer["statusCode"], time.perf_counter() - started)
        return answer

    def _find(self, request: HttpEvent) -> tuple[Route | None, Mapping[str, str]]:
        if route := self._routes.get(request.route_key):
            return route, request.path_parameters or {}
        method = request.request_context.http.method
        # A literal path wins over one with parameters.
        for route in sorted(self._routes.values(), key=lambda route: route.key.count("{")):
            if (path := route.match(method, request.path)) is not None:
                return route, path
        return None, {}


def _nothing_here(request: HttpEvent) -> dict[str, Any]:
    return problem(404, "There is nothing here.").to_gateway(request.correlation_id)


def _log(request: HttpEvent, route: Route | None, status: int, seconds: float) -> None:
    log(
        "request answered",
        level="ERROR" if status >= 500 else "INFO",
        method=request.request_context.http.method,
        # Not the path itself, whose parameters may name a person.
        route=route.key if route else None,
        status=status,
        duration_ms=round(seconds * 1000, 1),
        correlation_id=request.correlation_id,
        request_id=request.request_context.request_id,
    )
