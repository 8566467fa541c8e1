"""What a handler is told about the message it handles, and what it may do with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from contracts.message import Event
from messaging.envelope import Envelope, Header
from messaging.publisher import Outgoing, derived_id, outgoing
from messaging.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One message in its handler's hands.

    `attempt` counts from 1; `time` is when it was sent; `body` is the document as it came, with
    whatever its contract does not know; `remaining` tells the seconds left to the handler.
    """

    message_id: str
    correlation_id: str
    attempt: int
    from_service: str | None
    time: datetime | None
    body: str
    remaining: Callable[[], float]
    _envelope: Envelope = field(repr=False)
    _settings: Settings = field(repr=False)
    _held_back: list[Outgoing] = field(default_factory=list, repr=False)

    def publish(self, event: Event) -> str:
        """Publish `event` on the service's MsgOut once the handler has succeeded; return its
        message id.

        A handler that fails sends nothing. Raises InvalidMessage or BudgetExceeded at once.
        """
        header = self._header_of_next()
        self._held_back.append(outgoing(event, header, self._settings))
        return header.id

    def _header_of_next(self) -> Header:
        consumer = self._settings.consumer
        name = consumer.name if consumer else ""
        return Header(
            id=derived_id(self.message_id, self._settings.service, name, len(self._held_back)),
            correlationid=self.correlation_id,
            causationid=self.message_id,
            hops=self._envelope.header.hops + 1,
        )


def context_of(
    envelope: Envelope, config: Settings, held_back: list[Outgoing], remaining: Callable[[], float]
) -> Context:
    """Return the context of a received message; what the handler publishes is collected in
    `held_back`.
    """
    return Context(
        message_id=envelope.header.id,
        correlation_id=envelope.correlation_id,
        attempt=envelope.attempt,
        from_service=envelope.sender,
        time=envelope.header.time,
        body=envelope.body,
        remaining=remaining,
        _envelope=envelope,
        _settings=config,
        _held_back=held_back,
    )
