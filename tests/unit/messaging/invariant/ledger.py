"""The model: every message that was accepted, and what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.unit.messaging.invariant.message import Message
from tests.unit.messaging.invariant.profiles import Profile
from tests.unit.messaging.invariant.table import Table

# How often the runtime asks DynamoDB for what it left undone.
TRIES: Final = 3


class Broken(AssertionError):
    """The invariant does not hold."""


@dataclass
class Ledger:
    """Every message, and what is wrong. The runtime catches errors, so they are kept here.

    In a `calm` example nothing fails but handlers; in a `quiet` one some of them end the process.
    """

    profile: Profile
    table: Table
    now: Callable[[], float]
    messages: dict[str, Message] = field(default_factory=dict)
    calm: bool = True
    quiet: bool = True
    handled_now: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def blame(self, what: str) -> None:
        """Note that the invariant does not hold."""
        self.broken.append(what)

    def check(self) -> None:
        """Raise Broken with what was noted."""
        if self.broken:
            raise Broken("; ".join(self.broken))

    def accept(self, message: Message) -> None:
        """A queue has accepted a message: from now on it may not be lost."""
        self.messages[message.token] = message
