"""Consumers that do as told, and what the runtime asked AWS for meanwhile."""

from collections.abc import Callable
from typing import Any, NoReturn

from messaging import Consumer, Context
from messaging.aws import clients as aws
from tests.unit.messaging.orders import OrderPlaced

Do = Callable[[OrderPlaced, Context], object]


class Killed(BaseException):
    """The process ends here: nothing may catch this."""


def consumer_that(do: Do, **options: Any) -> Consumer:
    """Return a consumer whose handler of OrderPlaced is `do`; `options` as for `Consumer.on`."""
    consumer = Consumer()

    @consumer.on(OrderPlaced, **options)
    def handle(order: OrderPlaced, context: Context) -> None:
        do(order, context)

    return consumer


def accept(*_: object) -> None:
    """Be content."""


def fail(*_: object) -> NoReturn:
    """Fail, as anything does now and then."""
    raise ConnectionError("the warehouse does not answer")


class Calls:
    """The calls to one AWS service from now on, with their parameters, in order."""

    def __init__(self, service: str) -> None:
        """Listen."""
        self._all: list[tuple[str, dict[str, Any]]] = []
        events = aws.client(service).meta.events
        events.register(f"provide-client-params.{service}", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        self._all.append((model.name, params))

    @property
    def names(self) -> list[str]:
        """The operations."""
        return [name for name, _ in self._all]

    def of(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of every call of one operation."""
        return [params for name, params in self._all if name == operation]


def instead(service: str, operation: str, do: Callable[..., Any]) -> Callable[..., Any]:
    """Let the client call `do` with the operation's parameters; return what it called so far.

    Undone when the test ends, with the client itself.
    """
    client = aws.client(service)
    real: Callable[..., Any] = getattr(client, operation)
    setattr(client, operation, do)
    return real


def without_delays() -> None:
    """Let requeued copies be visible at once, as if their time had passed."""

    def at_once(**params: Any) -> Any:
        params["Entries"] = [{**entry, "DelaySeconds": 0} for entry in params["Entries"]]
        return send(**params)

    send = instead("sqs", "send_message_batch", at_once)
