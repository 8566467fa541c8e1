"""The runtime of every handler: everything that a handler needs is imported from here.

Doors: this package, `messaging.http` (HTTP APIs and authorizers) and `messaging.testing` (the test
kit). Each name is imported at its first use (PEP 562), so that a consumer starts without the HTTP
API, and the topology, which reads policies only, without either.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from messaging import log, table
    from messaging.aws.clients import client
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
    from messaging.http import (
        Allowed,
        Api,
        ApiContext,
        Authorizer,
        AuthorizerRequest,
        Denied,
        Response,
        accepted,
        created,
        ok,
        problem,
    )
    from messaging.sending.invocation_result import Rejected
    from messaging.sending.pending_requests import ReplyCount
    from messaging.settings import resource

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
    "ReplyCount",
    "RequeueFailed",
    "Response",
    "Retry",
    "accepted",
    "client",
    "created",
    "log",
    "ok",
    "problem",
    "resource",
    "table",
]
# The module of a name; the names that are missing here are in `messaging.errors`.
_HOMES = {
    "Allowed": "http",
    "Api": "http",
    "ApiContext": "http",
    "Authorizer": "http",
    "AuthorizerRequest": "http",
    "Consumer": "consumer.consumer",
    "Context": "conversation.context",
    "Denied": "http",
    "Function": "function.function",
    "Middleware": "function.middleware",
    "Rejected": "sending.invocation_result",
    "ReplyCount": "sending.pending_requests",
    "Response": "http",
    "accepted": "http",
    "client": "aws.clients",
    "created": "http",
    "ok": "http",
    "problem": "http",
    "resource": "settings",
}
# The names that are modules.
_MODULES = ("log", "table")


if not TYPE_CHECKING:
    # Hidden from type checkers: they would take any name for one of this package.

    def __getattr__(name: str) -> object:
        """Import a public name."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        if name in _MODULES:
            return import_module(f"messaging.{name}")
        return getattr(import_module(f"messaging.{_HOMES.get(name, 'errors')}"), name)
