"""The subscriptions of a consumer's queue: topics, and the filter policy for each."""

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
    """A topic, by the name of its service, and the filter policy for a consumer's queue.

    With `claim_check`, bodies may be in a bucket of the topic's service.
    """

    publisher: str
    topic: TopicKind
    policy: FilterPolicy
    fifo: bool = False
    claim_check: bool = False

    @property
    def tags(self) -> tuple[str, ...]:
        """The msgTags that pass the filter."""
        tags = [any_of(where[TAG]) for where in self.policy.alternatives]
        return tuple(tag.value for tag in chain(*tags) if isinstance(tag, Text))


def publishers(system: System) -> dict[type[Event], Service]:
    """Return the publisher of each event; of two, the first (a rule reports both)."""
    published = [(event, service) for service in system.services for event in service.publishes]
    return dict(reversed(published))


def subscriptions(system: System, service: Service, consumer: Consumer) -> tuple[Subscription, ...]:
    """Return a consumer's subscriptions: its service's MsgIn, then publishers in declared order.

    Events in `replies_from` pass only if their `requestService` is the consumer's service. SNS
    allows one subscription per topic and queue, so one policy covers all events of a publisher.
    Raises KeyError for an event without a publisher, which `checks.check` reports in words.
    """
    found = []
    if consumer.accepts:
        # No claim check: senders are other services, with buckets of their own.
        policy = _policy([(command, {}) for command in consumer.accepts])
        found.append(Subscription(service.name, "MsgIn", policy, service.fifo))
    published = publishers(system)
    filters = [(on.message, on.where) for on in consumer.listens_to]
    own_reply: Where = {REQUESTER: Text("equals", service.name)}
    filters += [(on.message, {**own_reply, **on.where}) for on in consumer.replies_from]
    for publisher in _distinct(published[on.message] for on in consumer.subscribed):
        policy = _policy([each for each in filters if published[each[0]] == publisher])
        options = (publisher.fifo, publisher.claim_check)
        found.append(Subscription(publisher.name, "MsgOut", policy, *options))
    return tuple(found)


def _policy(filters: Sequence[tuple[type[Message], Where]]) -> FilterPolicy:
    """Return one policy; messages with equal conditions share an alternative."""
    alternatives: list[Where] = []
    for where in _distinct(where for _, where in filters):
        tags = [Text("equals", message.msg_tag) for message, other in filters if other == where]
        alternatives.append({TAG: tuple(tags), **where})
    return FilterPolicy(tuple(alternatives))


def _distinct(values: Iterable[T]) -> list[T]:
    """Return each value once, in order, by equality: services and filters are not hashable."""
    found: list[T] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
