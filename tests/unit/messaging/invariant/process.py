"""One invocation: what it was handed, what it did, and when Lambda ends it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from tests.unit.messaging.invariant.faults import Armed
from tests.unit.messaging.invariant.scheduler import Scheduler


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A record as it was handed out, with the attempt that a handler must be told."""

    token: str
    id: str
    handle: str
    attempt: int


class Sending(NamedTuple):
    """A message that a run has sent."""

    part: str
    message_group: str
    id: str


@dataclass(eq=False, kw_only=True)
class Run:
    """One run of a handler: `asked` is when the table was asked for its key; it is `left_behind`
    when its thread was given up while it still ran.
    """

    token: str
    attempt: int
    identity: tuple[str, str | None, str]
    key: str | None
    asked: int = 0
    effect: bool = False
    returned: bool = False
    left_behind: bool = False
    sends: list[Sending] = field(default_factory=list)

    @property
    def sent(self) -> frozenset[str]:
        """The ids of what it has sent so far."""
        return frozenset(each.id for each in self.sends)

    def send(self, part: str, message_group: str, id_: str) -> None:
        """Send a message."""
        self.sends.append(Sending(part, message_group, id_))

    def before(self, id_: str) -> set[str]:
        """Return the ids of what it sent before `id_` in the same message group."""
        ids = [each.id for each in self.sends]
        message_group = self.sends[ids.index(id_)].message_group
        return {
            each.id for each in self.sends[: ids.index(id_)] if each.message_group == message_group
        }


@dataclass(eq=False, kw_only=True)
class Process:
    """One invocation. `request` is its id, `hit` names what a fault struck, `undone` counts the
    batches that DynamoDB did in part, `asked` says when the table was asked for a key, `copied` and
    `dead_letters` which messages reached the queue or the dead-letter queue.
    """

    request: str
    handed: list[Handed]
    end: float
    armed: Armed
    scheduler: Scheduler
    died: bool = False
    starved: bool = False
    undone: int = 0
    runs: list[Run] = field(default_factory=list)
    hit: set[str] = field(default_factory=set)
    asked: dict[str, int] = field(default_factory=dict)
    copied: set[str] = field(default_factory=set)
    dead_letters: set[str] = field(default_factory=set)

    def of(self, token: str) -> list[Handed]:
        """The records that are this message."""
        return [each for each in self.handed if each.token == token]

    def runs_of(self, token: str) -> list[Run]:
        """What handlers did with this message."""
        return [each for each in self.runs if each.token == token]
