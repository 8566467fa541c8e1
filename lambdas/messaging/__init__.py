"""The consumer runtime: what every handler needs, and nothing of any business.

Each name is looked up when it is first used (PEP 562): a consumer starts sooner without what only
an HTTP API needs, and the map, which reads policies only, without either.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from messaging.consumer.consumer import Consumer
    from messaging.conversation.context import Context
    from messaging.errors import (
        CallFailed,
        CallTimedOut,
        HandlerTimedOut,
        InvalidMessage,
        MessageLimitExceeded,
        MessagingError,
        NoReplyExpected,
        NotDeclared,
        PublishFailed,
        Reject,
        RequeueFailed,
        Retry,
    )
    from messaging.function.function import Function
    from messaging.function.middleware import Middleware
    from messaging.http.api import Api, Response
    from messaging.http.authorizer import Allowed, Authorizer, AuthorizerRequest, Denied
    from messaging.http.context import ApiContext
    from messaging.sending.invocation_result import Rejected

__all__ = [
    "Allowed",
    "Api",
    "ApiContext",
    "Authorizer",
    "AuthorizerRequest",
    "CallFailed",
    "CallTimedOut",
    "Consumer",
    "Context",
    "Denied",
    "Function",
    "HandlerTimedOut",
    "InvalidMessage",
    "MessageLimitExceeded",
    "MessagingError",
    "Middleware",
    "NoReplyExpected",
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
    "Allowed": "http.authorizer",
    "Api": "http.api",
    "ApiContext": "http.context",
    "Authorizer": "http.authorizer",
    "AuthorizerRequest": "http.authorizer",
    "Consumer": "consumer.consumer",
    "Context": "conversation.context",
    "Denied": "http.authorizer",
    "Function": "function.function",
    "Middleware": "function.middleware",
    "Rejected": "sending.invocation_result",
    "Response": "http.api",
}


if not TYPE_CHECKING:
    # Hidden from type checkers: they would take any name for one of this package.

    def __getattr__(name: str) -> object:
        """Import a public name."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"messaging.{_HOMES.get(name, 'errors')}"), name)
