"""A message as a test looks at it."""

from typing import Any, TypeVar

import msgspec

from contracts.message import Message as Contract
from messaging.limits import MAX_DELAY
from messaging.testing.events import state
from messaging.wire.header import DEAD_LETTER, HEADER, RETRY, TAG

M = TypeVar("M", bound=Contract)


class Message(dict[str, Any]):
    """A message as ReceiveMessage gives it; its properties answer what a test asks in one line."""

    @property
    def tag(self) -> str:
        """What it is."""
        return str(self["MessageAttributes"][TAG]["StringValue"])

    @property
    def id(self) -> str:
        """The id that it keeps for life."""
        return str(self._state(HEADER)["id"])

    @property
    def attempt(self) -> int:
        """The attempt that comes next, counted from 1."""
        return int(self._state(RETRY).get("attempt", 1))

    @property
    def delay(self) -> float:
        """The seconds it was sent away for, in one pass through the queue or more."""
        here = self.get("DelaySeconds", 0)
        whole = self._state(RETRY).get("delay", here)
        return float(here if 0 < here < MAX_DELAY else whole)

    @property
    def error(self) -> str | None:
        """What the last attempt failed with."""
        error: str | None = self._state(RETRY).get("error")
        return error

    @property
    def reason(self) -> str:
        """Why it is dead; raises KeyError unless it is a dead letter."""
        return str(self._state(DEAD_LETTER)["reason"])

    @property
    def cause(self) -> str:
        """The kind of reason it is dead for; raises KeyError unless it is a dead letter."""
        return str(self._state(DEAD_LETTER)["cause"])

    def read(self, contract: type[M]) -> M:
        """Return its body as `contract`; raises ValidationError when it is something else."""
        return msgspec.json.decode(self["Body"], type=contract)

    def _state(self, name: str) -> Any:
        attribute = self.get("MessageAttributes", {}).get(name)
        return state(attribute) if attribute else {}
