"""What a handler is told about the message it handles, and what it may do with it."""

import time
from datetime import datetime

from contracts.message import Event
from messaging.envelope import Envelope, Header
from messaging.publisher import Outgoing, derived_id, outgoing
from messaging.settings import Settings


class Context:
    """One message in its handler's hands."""

    __slots__ = ("_end", "_envelope", "_held_back", "_settings")

    def __init__(
        self, envelope: Envelope, settings: Settings, held_back: list[Outgoing], end: float
    ) -> None:
        """Speak of `envelope` and collect in `held_back`; the handler's time is over at `end`
        (monotonic).
        """
        self._envelope, self._settings = envelope, settings
        self._held_back, self._end = held_back, end

    @property
    def message_id(self) -> str:
        """The id that the message keeps for life."""
        return self._envelope.header.id

    @property
    def correlation_id(self) -> str:
        """The id that every message of one conversation shares."""
        return self._envelope.correlation_id

    @property
    def attempt(self) -> int:
        """Which attempt this is, counted from 1."""
        return self._envelope.attempt

    @property
    def from_service(self) -> str | None:
        """The service that sent it, where it says so."""
        return self._envelope.sender

    @property
    def time(self) -> datetime | None:
        """When it was sent."""
        return self._envelope.header.time

    @property
    def body(self) -> str:
        """The document as it came, with whatever its contract does not know."""
        return self._envelope.body

    def remaining(self) -> float:
        """Return the seconds left to the handler."""
        return self._end - time.monotonic()

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
