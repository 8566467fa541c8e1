"""A message as the model knows it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from messaging.wire import encoding as wire
from tests.unit.messaging.invariant.plans import Plan


@dataclass(eq=False, kw_only=True)
class Message:
    """A message that the queue accepted, and its fate so far.

    `place` is its place in the queue, `asked` when its handler wants it again, `due` when its copy
    may come at the earliest; `deaths_around` counts the processes that died with it in hand.
    """

    token: str
    plan: Plan
    body: str
    attributes: wire.Attributes
    asked: float = 0
    due: float = 0
    group: str | None
    place: int
    effects: int = 0
    deaths_around: int = 0
    attempts: list[int] = field(default_factory=list)
    published: set[str] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)

    @property
    def done(self) -> bool:
        """Whether its handler succeeded and all that it published has left."""
        return self.effects > 0 and len(self.published) == self.plan.publishes

    @property
    def dead(self) -> bool:
        """Whether it lies in the dead-letter queue, with its body and its explanation."""
        return self.letters == {"body", "explanation"}

    @property
    def bodies(self) -> Sequence[str]:
        """What the body of a copy may be: as it came, or without what SNS wrapped around it."""
        if "TopicArn" not in self.body:
            return (self.body,)
        return self.body, json.loads(self.body)["Message"]
