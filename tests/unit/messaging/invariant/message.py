"""A message as the model knows it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from messaging.testing import Sender
from messaging.wire import encoding as wire
from tests.unit.messaging.invariant.forms import content, header_in
from tests.unit.messaging.invariant.plans import Plan
from tests.unit.messaging.invariant.queues import Stored

# The msgTag, the source and the id.
Identity = tuple[str, str | None, str]


@dataclass(eq=False, kw_only=True)
class Message:
    """A message that the queue accepted, and its fate so far.

    `stored` are its copies in the queue, past ones too; `asked` is when its handler wants it again,
    `due` when its copy may come at the earliest; `deaths_around` counts the processes that died
    with it in hand; `completed` are the ids that each successful run has sent, `left` those that
    have left; it was `redriven` if it was sent back from the dead-letter queue, as SQS had `moved`
    it there or as a dead letter.
    """

    token: str
    plan: Plan
    body: str
    attributes: wire.Attributes
    asked: float = 0
    due: float = 0
    group: str | None
    effects: int = 0
    deaths_around: int = 0
    redriven: bool = False
    moved: bool = False
    stored: list[Stored] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    completed: list[frozenset[str]] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)

    @property
    def done(self) -> bool:
        """Whether its handler succeeded and all that this run sent has left."""
        return any(sent <= self.left for sent in self.completed)

    @property
    def dead(self) -> bool:
        """Whether it lies in the dead-letter queue, with its body and its explanation."""
        return self.letters == {"body", "explanation"}

    @property
    def must_die(self) -> bool:
        """Whether no handler may see it as it is now."""
        return self.plan.invalid and not (self.redriven and self.plan.stateful)

    @property
    def waits(self) -> bool:
        """Whether a copy of it is in the queue."""
        return any(not each.gone for each in self.stored)

    @property
    def own_ids(self) -> set[str]:
        """The ids that it may be given: those of its copies that came without a header."""
        return {each.id for each in self.stored if "header" not in each.attributes}

    @property
    def place(self) -> int:
        """The place of its first copy in the queue."""
        return min((each.sequence for each in self.stored if not each.gone), default=0)

    def identity(self, id_: str) -> Identity:
        """Return who it is; `id_` is its id where it has none of its own."""
        attributes = list(self.forms())[-1][1]
        header = header_in(attributes)
        tag = attributes["msgTag"]["StringValue"]
        return tag, header.get("source"), header.get("id", id_)

    def forms(self) -> Iterator[tuple[str, wire.Attributes]]:
        """Yield what of it may be kept: as it came, and without what SNS wrapped around it."""
        yield self.body, content(self.attributes, self.plan.sender)
        if self.moved:
            # What SQS itself moves keeps a stranger's state, and who sends it back vouches for it.
            yield self.body, content(self.attributes, Sender.OPERATOR)
        if "TopicArn" in self.body:
            notification = json.loads(self.body)
            inner = notification["MessageAttributes"]
            if isinstance(inner, dict) and all(isinstance(each, dict) for each in inner.values()):
                yield (
                    notification["Message"],
                    {
                        name: {"DataType": each["Type"], "StringValue": each["Value"]}
                        for name, each in inner.items()
                    },
                )
