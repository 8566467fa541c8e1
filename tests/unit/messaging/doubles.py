"""Consumers with a given handler, and the calls to AWS that the runtime makes."""

from collections.abc import Callable
from typing import Any, NoReturn

import msgspec

from messaging import Consumer, Context
from messaging.aws import clients as aws
from tests.unit.messaging.orders import OrderPlaced

Do = Callable[[OrderPlaced, Context], object]


class Killed(BaseException):
    """Ends the process: no code of the runtime may catch it."""


def consumer_that(do: Do, **options: Any) -> Consumer:
    """Return a consumer whose handler of OrderPlaced is `do`; `options` as for `Consumer.on`."""
    consumer = Consumer()

    @consumer.on(OrderPlaced, **options)
    def handle(order: OrderPlaced, context: Context) -> None:
        do(order, context)

    return consumer


def accept(*_: object) -> None:
    """Succeed."""


def fail(*_: object) -> NoReturn:
    """Fail in a way that is retried."""
    raise ConnectionError("the warehouse does not answer")


class Calls:
    """The calls to one AWS service from now on, in order, with their parameters."""

    def __init__(self, service: str) -> None:
        """Start recording."""
        self._all: list[tuple[str, dict[str, Any]]] = []
        events = aws.client(service).meta.events
        events.register(f"provide-client-params.{service}", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        self._all.append((model.name, params))

    @property
    def names(self) -> list[str]:
        """The operations that were called."""
        return [name for name, _ in self._all]

    def of(self, operation: str) -> list[dict[str, Any]]:
        """Return the parameters of every call of one operation."""
        return [params for name, params in self._all if name == operation]


def instead(service: str, operation: str, do: Callable[..., Any]) -> Callable[..., Any]:
    """Replace an operation of the client by `do`; return the operation.

    The client, and so the replacement, lasts until the end of the test.
    """
    client = aws.client(service)
    real: Callable[..., Any] = getattr(client, operation)
    setattr(client, operation, do)
    return real


def without_delays() -> None:
    """Send every copy without a delay."""

    def at_once(**params: Any) -> Any:
        params["Entries"] = [{**entry, "DelaySeconds": 0} for entry in params["Entries"]]
        return send(**params)

    send = instead("sqs", "send_message_batch", at_once)


def item_key(*own: str, tag: str = "OrderPlaced") -> str:
    """Return the key of a message from `Sender` in the idempotency table: `own` is its id, or "key"
    and its business key.
    """
    return msgspec.json.encode(["work", tag, "/test/Sender", *own]).decode()
