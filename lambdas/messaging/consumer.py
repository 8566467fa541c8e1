"""The consumer: which message goes to which function, and the Lambda entry point of its queue."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from contracts.message import Message
from messaging.batch import BatchResponse, process
from messaging.context import Context
from messaging.deadline import LambdaContext
from messaging.errors import InvalidMessage
from messaging.settings import settings
from messaging.triage import Route

M = TypeVar("M", bound=Message)
Handler = Callable[[M, Context], None]


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

    def on(self, message: type[M]) -> Callable[[Handler[M]], Handler[M]]:
        """Register the decorated function for one message class; raises ValueError for a second
        one.
        """

        def register(handler: Handler[M]) -> Handler[M]:
            if message.msg_tag in self._routes:
                raise ValueError(f"{message.msg_tag} has a handler already")
            decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(message)
            self._routes[message.msg_tag] = Route(message, handler, decoder)
            return handler

        return register

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> BatchResponse:
        """Process one batch from SQS; raises InvalidMessage when the event is not one."""
        records = event.get("Records")
        if not isinstance(records, list):
            raise InvalidMessage("this function takes batches from SQS; the event has no Records")
        return process(records, self._routes, self._permanent, settings(), context)
