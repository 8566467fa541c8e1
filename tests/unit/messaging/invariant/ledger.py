"""The model: every message that was accepted, and what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.unit.messaging.invariant.message import Identity, Message
from tests.unit.messaging.invariant.process import Run
from tests.unit.messaging.invariant.profiles import Profile
from tests.unit.messaging.invariant.table import Table

# How often the runtime asks DynamoDB for what it left undone.
TRIES: Final = 3

Sent = tuple[Identity, str, int]


class Broken(AssertionError):
    """The invariant does not hold."""


@dataclass
class Ledger:
    """Every message, and what is wrong. The runtime catches errors, so they are kept here.

    In a `calm` example nothing fails but handlers; in a `quiet` one some of them end the process.
    `ids` has the id of each message that was sent, by the message whose handler sent it, its part,
    and how many equal ones that run had sent before; `sent` is the inverse. `rivals` are messages
    with one identity and different bodies.
    """

    profile: Profile
    table: Table
    now: Callable[[], float]
    messages: dict[str, Message] = field(default_factory=dict)
    calm: bool = True
    quiet: bool = True
    ids: dict[Sent, str] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)
    deduplicated: dict[str, str] = field(default_factory=dict)
    rivals: set[str] = field(default_factory=set)
    handled_now: list[Run] = field(default_factory=list)
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
