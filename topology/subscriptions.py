"""From the map to subscriptions: which topics feed a consumer's queue, with which messages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts import Event, Message
from topology.comparisons import Text
from topology.model import Consumer, On, Service, System, Where
from topology.names import TopicKind
from topology.policies import FilterPolicy

TAG = "msgTag"


@dataclass(frozen=True)
class Subscription:
    """A topic, by the name of its service, and the messages of it that a consumer takes."""

    publisher: str
    topic: TopicKind
    policy: FilterPolicy


def publishers(system: System) -> dict[type[Event], Service]:
    """Return who publishes each event; the first, where the map names two (`checks` says so)."""
    published = [(event, service) for service in system.services for event in service.publishes]
    return dict(reversed(published))


def subscriptions(system: System, service: Service, consumer: Consumer) -> tuple[Subscription, ...]:
    """Return a consumer's subscriptions: its service's MsgIn, then publishers as it names them.

    SNS allows one subscription per topic and queue, so all from one publisher is one policy.
    Raises KeyError for an event that nobody publishes; `checks.check` says that in words.
    """
    found = []
    if consumer.accepts:
        found.append(
            Subscription(service.name, "MsgIn", _policy([(c, {}) for c in consumer.accepts]))
        )
    published = publishers(system)
    by_publisher: dict[str, list[On]] = {}
    for on in consumer.listens_to:
        by_publisher.setdefault(published[on.message].name, []).append(on)
    for publisher, ons in by_publisher.items():
        policy = _policy([(on.message, on.where) for on in ons])
        found.append(Subscription(publisher, "MsgOut", policy))
    return tuple(found)


def _policy(interests: Sequence[tuple[type[Message], Where]]) -> FilterPolicy:
    """Join interests that differ in their message only."""
    alternatives: list[Where] = []
    for where in _distinct(where for _, where in interests):
        tags = [Text("equals", message.msg_tag) for message, other in interests if other == where]
        alternatives.append({TAG: tuple(tags), **where})
    return FilterPolicy(tuple(alternatives))


def _distinct(wheres: Iterable[Where]) -> list[Where]:
    found: list[Where] = []
    for where in wheres:
        if where not in found:
            found.append(where)
    return found
