"""A received message, for assertions."""

from typing import Any, TypeVar

import msgspec

from contracts.message import Message as Contract
from messaging.limits import MAX_DELAY
from messaging.testing.events import state
from messaging.wire.header import DEAD_LETTER, HEADER, RETRY, TAG

M = TypeVar("M", bound=Contract)


class Message(dict[str, Any]):
    """A message in the form of ReceiveMessage, with properties for what tests assert."""

    @property
    def tag(self) -> str:
        """The msgTag."""
        return str(self["MessageAttributes"][TAG]["StringValue"])

    @property
    def id(self) -> str:
        """The message id; all copies of a message have it."""
        return str(self._state(HEADER)["id"])

    @property
    def attempt(self) -> int:
        """The number of the next attempt, counted from 1."""
        return int(self._state(RETRY).get("attempt", 1))

    @property
    def delay(self) -> float:
        """The delay in seconds, also if it is longer than one pass through the queue (900)."""
        here = self.get("DelaySeconds", 0)
        whole = self._state(RETRY).get("delay", here)
        return float(here if 0 < here < MAX_DELAY else whole)

    @property
    def error(self) -> str | None:
        """The failure of the last attempt, None if none failed."""
        error: str | None = self._state(RETRY).get("error")
        return error

    @property
    def reason(self) -> str:
        """The reason of a dead letter; raises KeyError for any other message."""
        return str(self._state(DEAD_LETTER)["reason"])

    @property
    def cause(self) -> str:
        """The cause of a dead letter, e.g. "attempts"; raises KeyError for any other message."""
        return str(self._state(DEAD_LETTER)["cause"])

    def read(self, contract: type[M]) -> M:
        """Return the body as `contract`; raises ValidationError if it does not fit."""
        return msgspec.json.decode(self["Body"], type=contract)

    def _state(self, name: str) -> Any:
        attribute = self.get("MessageAttributes", {}).get(name)
        return state(attribute) if attribute else {}
