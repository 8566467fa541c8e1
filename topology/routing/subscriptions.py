"""From the map to subscriptions: which topics feed a consumer's queue, with which messages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from contracts import Event, Message
from topology.filters.comparisons import Text
from topology.filters.policies import FilterPolicy, any_of
from topology.model import Consumer, Service, System, Where
from topology.names import TopicKind

TAG = "msgTag"
REQUESTER = "requestService"
T = TypeVar("T")


@dataclass(frozen=True)
class Subscription:
    """A topic, by the name of its service, and the messages of it that a consumer takes.

    With `claim_check`, their bodies may wait in the publisher's bucket.
    """

    publisher: str
    topic: TopicKind
    policy: FilterPolicy
    fifo: bool = False
    claim_check: bool = False

    @property
    def tags(self) -> tuple[str, ...]:
        """The msgTags that pass."""
        tags = [any_of(where[TAG]) for where in self.policy.alternatives]
        return tuple(tag.value for tag in chain(*tags) if isinstance(tag, Text))


def publishers(system: System) -> dict[type[Event], Service]:
    """Return who publishes each event; the first, where the map names two (`checks` says so)."""
    published = [(event, service) for service in system.services for event in service.publishes]
    return dict(reversed(published))


def subscriptions(system: System, service: Service, consumer: Consumer) -> tuple[Subscription, ...]:
    """Return a consumer's subscriptions: its service's MsgIn, then publishers as it names them.

    Of the events it gets `replies_from` a publisher, those pass for whose answer its service waits.
    SNS allows one subscription per topic and queue, so all from one publisher is one policy.
    Raises KeyError for an event that nobody publishes; `checks.check` says that in words.
    """
    found = []
    if consumer.accepts:
        # No bucket: senders are other services, each with its own.
        policy = _policy([(command, {}) for command in consumer.accepts])
        found.append(Subscription(service.name, "MsgIn", policy, service.fifo))
    published = publishers(system)
    interests = [(on.message, on.where) for on in consumer.listens_to]
    for_it: Where = {REQUESTER: Text("equals", service.name)}
    interests += [(on.message, {**for_it, **on.where}) for on in consumer.replies_from]
    for publisher in _distinct(published[on.message] for on in consumer.subscribed):
        policy = _policy([each for each in interests if published[each[0]] == publisher])
        own = (publisher.fifo, publisher.claim_check)
        found.append(Subscription(publisher.name, "MsgOut", policy, *own))
    return tuple(found)


def _policy(interests: Sequence[tuple[type[Message], Where]]) -> FilterPolicy:
    """Join interests that differ in their message only."""
    alternatives: list[Where] = []
    for where in _distinct(where for _, where in interests):
        tags = [Text("equals", message.msg_tag) for message, other in interests if other == where]
        alternatives.append({TAG: tuple(tags), **where})
    return FilterPolicy(tuple(alternatives))


def _distinct(values: Iterable[T]) -> list[T]:
    """Return each value once, in order; services and filters hold dicts, so they have no hash."""
    found: list[T] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
