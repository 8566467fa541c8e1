"""Middleware: functions around each handler call, for what all handlers of a function share."""

import functools
from collections.abc import Sequence
from typing import Any, Protocol

from contracts.message import Event
from messaging.conversation.context import Context
from messaging.function.handlers import Handle


class Middleware(Protocol):
    """A function that calls a handler, and does something before or after.

    It returns what the handler returns. An error that it raises counts as the handler's own.
    """

    def __call__(self, handler: Handle, message: Any, context: Context) -> Event | None:
        """Call `handler(message, context)` and return its result."""


def around(handler: Handle, middleware: Sequence[Middleware]) -> Handle:
    """Return the handler inside the middleware, of which the first is the outermost."""
    for each in reversed(middleware):
        handler = functools.partial(each, handler)
    return handler
