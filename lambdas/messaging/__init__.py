"""The consumer runtime: what every handler needs, and nothing of any business.

Each name is looked up when it is first used (PEP 562): a consumer starts sooner without what only
an HTTP API needs, and the map, which reads policies only, without either.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from messaging.api import Api, Response
    from messaging.api_context import ApiContext
    from messaging.authorizer import Allowed, Authorizer, AuthorizerRequest, Denied
    from messaging.call_result import Rejected
    from messaging.consumer import Consumer
    from messaging.context import Context
    from messaging.errors import (
        BudgetExceeded,
        CallFailed,
        CallTimedOut,
        HandlerTimedOut,
        InvalidMessage,
        MessagingError,
        NobodyWaits,
        NotDeclared,
        PublishFailed,
        Reject,
        RequeueFailed,
        Retry,
    )
    from messaging.function import Function

__all__ = [
    "Allowed",
    "Api",
    "ApiContext",
    "Authorizer",
    "AuthorizerRequest",
    "BudgetExceeded",
    "CallFailed",
    "CallTimedOut",
    "Consumer",
    "Context",
    "Denied",
    "Function",
    "HandlerTimedOut",
    "InvalidMessage",
    "MessagingError",
    "NobodyWaits",
    "NotDeclared",
    "PublishFailed",
    "Reject",
    "Rejected",
    "RequeueFailed",
    "Response",
    "Retry",
]
# Where a name lives; all others are errors.
_HOMES = {
    "Allowed": "authorizer",
    "Api": "api",
    "ApiContext": "api_context",
    "Authorizer": "authorizer",
    "AuthorizerRequest": "authorizer",
    "Consumer": "consumer",
    "Context": "context",
    "Denied": "authorizer",
    "Function": "function",
    "Rejected": "call_result",
    "Response": "api",
}


if not TYPE_CHECKING:
    # Hidden from type checkers: they would take any name for one of this package.

    def __getattr__(name: str) -> object:
        """Import a public name."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"messaging.{_HOMES.get(name, 'errors')}"), name)
