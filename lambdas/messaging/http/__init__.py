"""HTTP APIs and their Lambda authorizers. Each name is imported at its first use (PEP 562)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from messaging.http.api import Api
    from messaging.http.authorizer import Allowed, Authorizer, AuthorizerRequest, Denied
    from messaging.http.context import ApiContext
    from messaging.http.response import Response, accepted, created, ok, problem

__all__ = [
    "Allowed",
    "Api",
    "ApiContext",
    "Authorizer",
    "AuthorizerRequest",
    "Denied",
    "Response",
    "accepted",
    "created",
    "ok",
    "problem",
]
# The module of a name; the names that are missing here are in `response`.
_HOMES = {
    "Allowed": "authorizer",
    "Api": "api",
    "ApiContext": "context",
    "Authorizer": "authorizer",
    "AuthorizerRequest": "authorizer",
    "Denied": "authorizer",
}


if not TYPE_CHECKING:
    # Hidden from type checkers: they would take any name for one of this package.

    def __getattr__(name: str) -> object:
        """Import a public name."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"messaging.http.{_HOMES.get(name, 'response')}"), name)
