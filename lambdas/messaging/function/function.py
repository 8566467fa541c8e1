"""A function and its handlers, for messages that come without a queue."""

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

# Flags of a function's code: generator, coroutine, asynchronous generator. The module `inspect`,
# which names them, would cost 8 ms of a cold start.
_NEVER_RUNS: Final = 0x20 | 0x80 | 0x200


class Function:
    """The handlers of messages that services or HTTP APIs send to this function; itself the Lambda
    handler.

    The event that a handler returns is the result of a direct invocation, or the body of an HTTP
    response. A handler rejects the message with `Reject`; any other exception is a failure.
    """

    def __init__(
        self,
        *,
        non_retryable: Sequence[type[Exception]] = (),
        middleware: Sequence["Middleware"] = (),
    ) -> None:
        """Start without handlers; `on` adds them, each inside the `middleware`.

        In a Consumer a message whose handler raises a `non_retryable` exception is dead-lettered
        without another attempt.
        """
        self._handlers: dict[str, HandlerRegistration] = {}
        self._non_retryable = tuple(non_retryable)
        self._middleware = tuple(middleware)
        for each in self._middleware:
            _check(each, "the middleware")

    @property
    def handles(self) -> frozenset[type[Message]]:
        """The message classes that have a handler."""
        return frozenset(each.message for each in self._handlers.values())

    def on(
        self,
        message: type[M],
        *,
        idempotent: bool = True,
        key: Callable[[M], str] | None = None,
    ) -> Callable[[Handler[M]], Handler[M]]:
        """Register the decorated function as the handler of a message class.

        If the topology makes the consumer idempotent, messages with the same `key` are copies of
        one message, by default those with the same id, and `idempotent=False` excludes this
        handler. Raises ValueError for a second handler of a class, and TypeError for a coroutine or
        a generator.
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
        """Register the decorated function as the handler of replies after the time limit of their
        request; without it late replies are skipped.

        Raises ValueError unless `on` has registered a handler of the class, and for a second
        handler of late replies; TypeError as `on` does.
        """

        def register(handler: Handler[M]) -> Handler[M]:
            registration = self._handlers.get(message.msg_tag)
            if registration is None:
                raise ValueError(f"{message.msg_tag} has no handler: register it with `on` first")
            if registration.late is not None:
                raise ValueError(f"{message.msg_tag} has a handler of late replies already")
            late = self._inside(handler)
            self._handlers[message.msg_tag] = msgspec.structs.replace(registration, late=late)
            return handler

        return register

    def _inside(self, handler: Handler[M]) -> Handler[M]:
        """Return the handler inside the middleware; without any, the handler itself."""
        _check(handler, "the handler")
        if not self._middleware:
            return handler
        # Imported here: most functions have no middleware.
        from messaging.function.middleware import around

        return around(handler, self._middleware)

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> Any:
        """Return the result of a direct invocation, or the response to an HTTP request.

        Raises InvalidMessage for any other event, and, in a direct invocation, what the handler
        raises.
        """
        # Imported here: a consumer of batches starts sooner without.
        from messaging.function.direct_invocation import DirectInvocation

        invocation = DirectInvocation(self._handlers, settings(), context)
        if isinstance(event, Mapping) and "requestContext" in event:
            from messaging.function.api_invocation import response_to

            return response_to(event, invocation)
        from messaging.function.service_invocation import result_of

        return result_of(event, invocation)


def _check(function: Callable[..., object], what: str) -> None:
    """Raise TypeError for a function that does not run when it is called."""
    if getattr(getattr(function, "__code__", None), "co_flags", 0) & _NEVER_RUNS:
        raise TypeError(f"{what} is async or a generator: calling it does not run it")
