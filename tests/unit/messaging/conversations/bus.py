"""SNS and SQS between the services: messages that pass a subscription's filter arrive in any order,
some of them twice.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import msgspec

from messaging.limits import MAX_ATTRIBUTES, MAX_BATCH_ENTRIES
from messaging.testing import record, state
from messaging.wire import encoding as wire
from messaging.wire.header import DEAD_LETTER, RETRY, Header
from tests.unit.messaging.conversations.services import SYSTEM, topic_of
from topology.filters.matching import matches
from topology.filters.policies import FilterPolicy
from topology.routing.subscriptions import subscriptions

Entry = dict[str, Any]
Record = dict[str, Any]

# Maximum number of records in a batch.
_MAX_RECORDS: Final = 4
# One record in so many is delivered again.
_ONE_IN: Final = 4
_MAX_DELIVERIES: Final = 2


@dataclass(frozen=True)
class Sent:
    """A message that was sent, and the consumers that received it."""

    body: dict[str, Any]
    attributes: wire.Attributes
    header: Header
    to: tuple[str, ...]

    def text(self, name: str) -> str | None:
        """Return the text of an attribute, None without it."""
        return self.attributes[name]["StringValue"] if name in self.attributes else None

    @property
    def tag(self) -> str:
        """The msgTag."""
        return self.text("msgTag") or ""

    @property
    def number(self) -> int:
        """The number of the request in the plan."""
        return int(self.body.get("request", self.body)["number"])


def _subscribed() -> dict[str, list[tuple[str, FilterPolicy]]]:
    found: dict[str, list[tuple[str, FilterPolicy]]] = {}
    for service in SYSTEM.services:
        for consumer in service.consumers:
            for each in subscriptions(SYSTEM, service, consumer):
                to = (f"{service.name}.{consumer.name}", each.policy)
                found.setdefault(topic_of(each.publisher, each.topic), []).append(to)
    return found


_SUBSCRIBED: Final = _subscribed()


def _id(record: Record) -> str:
    return str(state(record["messageAttributes"]["header"])["id"])


def _failure(attributes: wire.Attributes) -> str | None:
    """Return the failure of a message that the runtime requeues or dead-letters."""
    if DEAD_LETTER in attributes:
        return str(state(attributes[DEAD_LETTER]))
    return state(attributes[RETRY]).get("error") if RETRY in attributes else None


@dataclass
class Bus:
    """The client of SNS and SQS."""

    random: Random
    copies: bool
    sent: list[Sent] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _queues: dict[str, list[Record]] = field(default_factory=dict)
    _arrived: Counter[tuple[str, str]] = field(default_factory=Counter)

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: list[Entry]) -> Entry:  # noqa: N803
        """Deliver to every queue whose subscription matches."""
        assert len(PublishBatchRequestEntries) <= MAX_BATCH_ENTRIES
        for entry in PublishBatchRequestEntries:
            attributes = entry["MessageAttributes"]
            queues = [
                queue for queue, policy in _SUBSCRIBED[TopicArn] if matches(policy, attributes)
            ]
            self._deliver(entry["Message"], attributes, queues)
        return {}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Entry]) -> Entry:  # noqa: N803
        """Deliver to one queue; delayed messages do not arrive within a conversation."""
        for entry in Entries:
            attributes = entry["MessageAttributes"]
            if failure := _failure(attributes):
                self.failures.append(failure)
            else:
                queues = [] if entry.get("DelaySeconds") else [QueueUrl]
                self._deliver(entry["MessageBody"], attributes, queues)
        return {}

    def put(self, body: str, attributes: wire.Attributes, queue: str) -> None:
        """Deliver the first message."""
        self._arrive(record(body, attributes), queue)

    def next_batch(self) -> tuple[str, list[Record]] | None:
        """Take a batch off some queue: its consumer and its records. None if all are empty."""
        queues = [queue for queue, records in self._queues.items() if records]
        if not queues:
            return None
        queue = self.random.choice(queues)
        waiting_services = self._queues[queue]
        self.random.shuffle(waiting_services)
        taken, self._queues[queue] = (
            waiting_services[:_MAX_RECORDS],
            waiting_services[_MAX_RECORDS:],
        )
        for each in taken if self.copies else ():
            if self.random.randrange(_ONE_IN) == 0:
                self._arrive(each, queue)
        return queue, taken

    def _arrive(self, record: Record, queue: str) -> None:
        # The messages that follow from a copy are copies too, so two deliveries suffice.
        arrived = (queue, _id(record))
        self._arrived[arrived] += 1
        if self._arrived[arrived] <= _MAX_DELIVERIES:
            self._queues.setdefault(queue, []).append(record)

    def _deliver(self, body: str, attributes: wire.Attributes, queues: list[str]) -> None:
        # SNS drops a raw message with more.
        assert len(attributes) <= MAX_ATTRIBUTES
        header = msgspec.convert(state(attributes["header"]), Header)
        document = msgspec.json.decode(body)
        self.sent.append(Sent(document, attributes, header, tuple(queues)))
        for queue in queues:
            self.put(body, attributes, queue)
