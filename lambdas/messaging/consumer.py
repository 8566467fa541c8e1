"""The consumer: which message goes to which function, and the Lambda entry point of its queue."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import msgspec

from contracts.message import Message
from messaging.batch import BatchResponse, process
from messaging.context import Context
from messaging.deadline import Deadline, LambdaContext
from messaging.errors import InvalidMessage
from messaging.invocation import Invocation
from messaging.routes import Route
from messaging.settings import settings

M = TypeVar("M", bound=Message)
Handler = Callable[[M, Context], None]

# Flags of a function's code: generator, coroutine, asynchronous generator (`inspect`, which costs
# 8 ms of a cold start).
_NEVER_RUNS: Final = 0x20 | 0x80 | 0x200


class Consumer:
    """The functions that handle the messages of one queue; itself the Lambda handler of that queue.

    A handler that returns is done. It raises `Retry` to be tried again, `Reject` to dead-letter the
    message, and anything else counts as a transient failure, unless it is one of the `permanent`
    exceptions.
    """

    def __init__(self, *, permanent: Sequence[type[Exception]] = ()) -> None:
        """Make a consumer without handlers; add them with `on`."""
        self._routes: dict[str, Route] = {}
        self._permanent = tuple(permanent)

    @property
    def handles(self) -> frozenset[type[Message]]:
        """The message classes that have a handler."""
        return frozenset(route.message for route in self._routes.values())

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
            if getattr(getattr(handler, "__code__", None), "co_flags", 0) & _NEVER_RUNS:
                raise TypeError("the handler is async or a generator: calling it does not run it")
            if message.msg_tag in self._routes:
                raise ValueError(f"{message.msg_tag} has a handler already")
            decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(message)
            self._routes[message.msg_tag] = Route(
                message=message, handle=handler, decoder=decoder, key=key, idempotent=idempotent
            )
            return handler

        return register

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> BatchResponse:
        """Process one batch from SQS; raises InvalidMessage when the event is not one."""
        records = event.get("Records")
        if not isinstance(records, list):
            raise InvalidMessage("this function takes batches from SQS; the event has no Records")
        return process(records, self._invocation(context))

    def _invocation(self, context: LambdaContext) -> Invocation:
        config = settings()
        if config.consumer is None:
            raise InvalidMessage("this function's settings are not those of a consumer")
        return Invocation(
            config=config,
            consumer=config.consumer,
            routes=self._routes,
            permanent=self._permanent,
            request_id=context.aws_request_id,
            deadline=Deadline.of(context),
            now=datetime.now(UTC),
        )
