"""A function and its handlers: which message goes to which where no queue is."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from contracts.message import Event, Message
from messaging.conversation.context import Context
from messaging.deadline import LambdaContext
from messaging.function.handlers import HandlerRegistration
from messaging.settings import settings

if TYPE_CHECKING:
    from messaging.function.middleware import Middleware

M = TypeVar("M", bound=Message)
Handler = Callable[[M, Context], Event | None]

# Flags of a function's code: generator, coroutine, asynchronous generator (`inspect`, which costs
# 8 ms of a cold start).
_NEVER_RUNS: Final = 0x20 | 0x80 | 0x200


class Function:
    """Handlers of messages, for direct calls and requests of an API; itself the Lambda handler.

    The event that a handler returns is the answer: the result of the call, or the body of the
    response. It raises `Reject` to refuse with a reason; anything else it raises is a failure.
    """

    def __init__(
        self,
        *,
        non_retryable: Sequence[type[Exception]] = (),
        middleware: Sequence["Middleware"] = (),
    ) -> None:
        """Start without handlers; `on` adds them, each inside the `middleware`.

        A message whose handler raises a `non_retryable` exception is dead-lettered at once.
        """
        self._handlers: dict[str, HandlerRegistration] = {}
        self._non_retryable = tuple(non_retryable)
        self._middleware = tuple(middleware)

    @property
    def handles(self) -> frozenset[type[Message]]:
        """The message classes that have a handler."""
        return frozenset(route.message for route in self._handlers.values())

    def on(
        self,
        message: type[M],
        *,
        idempotent: bool = True,
        key: Callable[[M], str] | None = None,
    ) -> Callable[[Handler[M]], Handler[M]]:
        """Register the decorated function for one message class; raises ValueError for a second
        one, TypeError for a coroutine or a generator.

        Where the map makes the consumer idempotent, `key` returns the business id that makes two
        messages the same one (by default the message's own id), and `idempotent=False` leaves this
        handler out.
        """

        def register(handler: Handler[M]) -> Handler[M]:
            if message.msg_tag in self._handlers:
                raise ValueError(f"{message.msg_tag} has a handler already")
            decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(message)
            self._handlers[message.msg_tag] = HandlerRegistration(
                message=message,
                handle=self._inside(handler),
                decoder=decoder,
                key=key,
                idempotent=idempotent,
            )
            return handler

        return register

    def on_late_reply(self, message: type[M]) -> Callable[[Handler[M]], Handler[M]]:
        """Register the decorated function for answers to requests whose time limit is over; without
        one they are skipped. Raises ValueError unless `on` has a function for those in time, and
        for a second one.
        """

        def register(handler: Handler[M]) -> Handler[M]:
            route = self._handlers.get(message.msg_tag)
            if route is None:
                raise ValueError(f"{message.msg_tag} has no handler: register it with `on` first")
            if route.late is not None:
                raise ValueError(f"{message.msg_tag} has a handler for late ones already")
            self._handlers[message.msg_tag] = msgspec.structs.replace(
                route, late=self._inside(handler)
            )
            return handler

        return register

    def _inside(self, handler: Handler[M]) -> Handler[M]:
        """Return the handler inside the middleware; without any, the handler itself."""
        if getattr(getattr(handler, "__code__", None), "co_flags", 0) & _NEVER_RUNS:
            raise TypeError("the handler is async or a generator: calling it does not run it")
        if not self._middleware:
            return handler
        # Imported here: most functions have no middleware.
        from messaging.function.middleware import around

        return around(handler, self._middleware)

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> Any:
        """Answer a call, or a request of an API."""
        # Here, since a consumer that takes batches only starts sooner without.
        from messaging.function.direct import DirectInvocation

        direct = DirectInvocation(self._handlers, settings(), context)
        if isinstance(event, Mapping) and "requestContext" in event:
            return direct.answer_request(event)
        return direct.answer_call(event)
