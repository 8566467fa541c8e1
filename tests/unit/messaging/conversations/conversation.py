"""A conversation: the services carry out a plan, in some order of delivery."""

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
from tests.unit.messaging.conversations.handlers import Handled, Journal, Participant
from tests.unit.messaging.conversations.plans import Plan
from tests.unit.messaging.conversations.services import NAMES, Inquiry, environment

Stack = tuple[tuple[str, ...], tuple[str, ...]]


def waiting_services(message: Sent) -> str:
    """Return as text which services wait while a message travels."""
    services = message.header.requestservices
    if not services:
        return "no service waits"
    return f"{' and '.join(services)} {'waits' if len(services) == 1 else 'wait'}"


class Conversation:
    """What was sent and handled when a plan was carried out."""

    def __init__(self, plan: Plan, *, order: int = 0, copies: bool = False) -> None:
        """Carry out `plan`; `order` chooses an order of delivery, `copies` delivers some twice."""
        self.plan = plan
        self._bus, self._journal = Bus(Random(order), copies), Journal(plan)
        first = from_sender(Inquiry(number=0))
        self.id = first.id
        self._bus.put(first.body, first.attributes, plan.start)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aws, "client", lambda _: self._bus)
            # The requests table changes nothing here: no time passes.
            patch.setattr(pending, "expect", lambda _: True)
            patch.setattr(pending, "count_reply", lambda *_: None)
            self._run(patch)

    def _run(self, patch: pytest.MonkeyPatch) -> None:
        participants = [Participant(name, self._journal) for name in NAMES]
        consumers = {
            at: each for participant in participants for at, each in participant.consumers.items()
        }
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
        """Every message that was sent, copies included."""
        return self._bus.sent

    @property
    def handled(self) -> list[Handled]:
        """Every message that was handled, copies included."""
        return self._journal.handled

    def story(self) -> list[str]:
        """Return a line for each message: "Alpha: Inquiry 1 to Beta.desk, Alpha waits"."""
        return [
            f"{each.text('fromService')}: {each.tag} {each.number} "
            f"to {', '.join(each.to) or 'no consumer'}, {waiting_services(each)}"
            for each in self.sent
        ]

    def replies(self) -> Iterator[Handled]:
        """What the consumers of replies have handled."""
        return (each for each in self.handled if each.at.endswith(".replies"))

    def id_of(self, number: int) -> str:
        """Return the id of the message of a request."""
        return self._journal.ids[number]

    def stack(self, number: int) -> Stack:
        """Return the services that wait while a request is open, and the ids of their requests."""
        numbers = self.plan.requests[number].open
        services = tuple(self.plan.requests[number].requester for number in numbers)
        return services, tuple(map(self.id_of, numbers))

    def stack_of(self, message: Sent) -> Stack:
        """Return the services that wait while a message travels, and the ids of their requests."""
        about = message.number
        # A time-out belongs to the part that sent the request.
        within = message.tag == "RequestTimedOut"
        return self.stack(self.plan.requests[about].part_of[0] if within else about)
