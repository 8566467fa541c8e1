"""A talk: the services play a plan to its end, in some order of delivery."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from messaging.aws import clients as aws
from messaging.sending import pending_requests as pending
from messaging.settings import settings
from messaging.testing import FakeLambdaContext
from messaging.testing.events import from_sender
from tests.unit.messaging.conversations.bus import Bus, Sent
from tests.unit.messaging.conversations.handlers import Heard, Notebook, Player
from tests.unit.messaging.conversations.plans import Plan
from tests.unit.messaging.conversations.services import NAMES, Ask, environment

Stack = tuple[tuple[str, ...], tuple[str, ...]]


def waiting(message: Sent) -> str:
    """Say who waits while a message is under way."""
    services = message.header.requestservices
    if not services:
        return "nobody waits"
    return f"{' and '.join(services)} {'waits' if len(services) == 1 else 'wait'}"


class Talk:
    """What was sent and heard when a plan was played."""

    def __init__(self, plan: Plan, *, order: int = 0, copies: bool = False) -> None:
        """Play `plan`; `order` chooses an order of delivery, `copies` delivers some twice."""
        self.plan = plan
        self._bus, self._notes = Bus(Random(order), copies), Notebook(plan)
        first = from_sender(Ask(question=0))
        self.id = first.id
        self._bus.put(first.body, first.attributes, plan.start)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aws, "client", lambda _: self._bus)
            # What DynamoDB remembers of time limits changes nothing here: no time passes.
            patch.setattr(pending, "expect", lambda _: None)
            patch.setattr(pending, "answer", lambda *_: None)
            self._play(patch)

    def _play(self, patch: pytest.MonkeyPatch) -> None:
        players = [Player(name, self._notes) for name in NAMES]
        consumers = {at: each for player in players for at, each in player.consumers.items()}
        while batch := self._bus.next_batch():
            at, records = batch
            for name, text in environment(at).items():
                patch.setenv(name, text)
            settings.cache_clear()
            response: Any = consumers[at]({"Records": records}, FakeLambdaContext())
            assert response == {"batchItemFailures": []}
            assert self._bus.failures == []

    @property
    def sent(self) -> list[Sent]:
        """Every message that left, copies too."""
        return self._bus.sent

    @property
    def heard(self) -> list[Heard]:
        """What the handlers were told, copies too."""
        return self._notes.heard

    def story(self) -> list[str]:
        """Return a line a message: "Alpha: Ask 1 to Beta.desk, Alpha waits"."""
        return [
            f"{each.text('fromService')}: {each.tag} {each.question} "
            f"to {', '.join(each.to) or 'nobody'}, {waiting(each)}"
            for each in self.sent
        ]

    def answers(self) -> Iterator[Heard]:
        """What came to the consumers that hear answers."""
        return (each for each in self.heard if each.at.endswith(".replies"))

    def id_of(self, question: int) -> str:
        """Return the id of the message that asked a question."""
        return self._notes.ids[question]

    def stack(self, question: int) -> Stack:
        """Return who waits while a question is open, and for what, outermost first."""
        numbers = self.plan.asked[question].open
        services = tuple(self.plan.asked[number].asker for number in numbers)
        return services, tuple(map(self.id_of, numbers))

    def stack_of(self, message: Sent) -> Stack:
        """Return who waits while a message is under way."""
        about = message.question
        # Who hears of a time limit goes on where the question was asked.
        within = message.tag == "RequestTimedOut"
        return self.stack(self.plan.asked[about].part_of[0] if within else about)
