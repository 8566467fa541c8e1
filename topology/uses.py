"""What the handlers of one function use. Its role and its settings hold nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from contracts import Command, Event

# Actions of IAM on the items of a table (service authorization reference, DynamoDB).
Read = Literal["GetItem", "BatchGetItem", "Query", "Scan", "ConditionCheckItem"]
Write = Literal["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"]
READS: Final[tuple[str, ...]] = get_args(Read)
WRITES: Final[tuple[str, ...]] = get_args(Write)


@dataclass(frozen=True, kw_only=True)
class Uses:
    """What the handlers of a function use of its service.

    `reads` and `writes` are DynamoDB actions by the name of a table, e.g. {"rides": ("GetItem",)}.
    A transaction needs the action of each of its operations: "PutItem" for a Put,
    "ConditionCheckItem" for a ConditionCheck.

    `publishes`, `sends` and `invokes` are the function's part of what its service declares,
    `enqueues` its part of what consumers of the service `accepts_enqueued`; None is all of it. A
    request with a time limit is enqueued as RequestTimedOut. `recipients` are the services to which
    it sends and whose functions it invokes; None is every service that takes the commands.
    """

    reads: Mapping[str, tuple[Read, ...]] = field(default_factory=dict)
    writes: Mapping[str, tuple[Write, ...]] = field(default_factory=dict)
    publishes: tuple[type[Event], ...] | None = None
    sends: tuple[type[Command], ...] | None = None
    invokes: tuple[type[Command], ...] | None = None
    enqueues: tuple[type[Command], ...] | None = None
    recipients: tuple[str, ...] | None = None

    @property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """All actions on each table that the function uses."""
        names = dict.fromkeys((*self.reads, *self.writes))
        return {name: (*self.reads.get(name, ()), *self.writes.get(name, ())) for name in names}
