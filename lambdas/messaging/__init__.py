"""The consumer runtime: what every handler needs, and nothing of any business.

Each name is looked up when it is first used (PEP 562): a consumer starts sooner without what only
an HTTP API needs, and the map, which reads policies only, without either.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from messaging.api import Api, Response
    from messaging.api_context import ApiContext
    from messaging.consumer import Consumer
    from messaging.context import Context
    from messaging.errors import (
        BudgetExceeded,
        HandlerTimedOut,
        InvalidMessage,
        MessagingError,
        PublishFailed,
        Reject,
        RequeueFailed,
        Retry,
    )

__all__ = [
    "Api",
    "ApiContext",
    "BudgetExceeded",
    "Consumer",
    "Context",
    "HandlerTimedOut",
    "InvalidMessage",
    "MessagingError",
    "PublishFailed",
    "Reject",
    "RequeueFailed",
    "Response",
    "Retry",
]
# Where a name lives; all others are errors.
_HOMES = {
    "Api": "api",
    "ApiContext": "api_context",
    "Consumer": "consumer",
    "Context": "context",
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
