"""Rules on consumers: what they hear and how they filter it."""

from collections import Counter
from collections.abc import Iterator

from contracts import Event
from topology.filters.conditions import Condition
from topology.filters.policies import MAX_PER_TOPIC, any_of, policy_problems
from topology.model import On, System
from topology.problems import Problem
from topology.routing.subscriptions import Subscription, publishers, subscriptions
from topology.rules.fields import fields, kind
from topology.rules.walk import consumers, repeated


def reachable(system: System) -> Iterator[Problem]:
    """A consumer gets messages through its queue."""
    for place, _, consumer in consumers(system):
        if consumer.from_queue:
            continue
        if consumer.invocable:
            text = "no message reaches its queue, it only answers"
            yield Problem(place, text, "make it a Function, in `functions` of its service")
        else:
            words = "`accepts`, `listens_to`, `replies_from` or `takes`"
            fix = f"name its messages in {words}, or remove it"
            yield Problem(place, "no message reaches it", fix)


def each_message_once(system: System) -> Iterator[Problem]:
    """A message comes to a queue in one way; one `On` says all about it."""
    for place, _, consumer in consumers(system):
        for message in repeated(consumer.from_queue):
            fix = "name it once"
            if issubclass(message, Event):
                fix += "; in `where`, a tuple of conditions means any of them"
            yield Problem(place, f"it names {message.__name__} more than once", fix)


def where(system: System) -> Iterator[Problem]:
    """A filter looks at attributes that the message declares, and compares like with like."""
    for place, _, consumer in consumers(system):
        for on in consumer.subscribed:
            for name, conditions in on.where.items():
                yield from _where_problems(place, on, name, any_of(conditions))


def _where_problems(
    place: str, on: On, name: str, conditions: tuple[Condition, ...]
) -> Iterator[Problem]:
    message = on.message
    if name not in message.attributes:
        declared = ", ".join(message.attributes) or "none"
        fix = f"use one it declares ({declared}), or add {name} to its `attributes`"
        yield Problem(
            place, f"it filters on {name}, which {message.__name__} does not declare", fix
        )
        return
    found = kind(fields(message).get(name))
    for condition in conditions:
        if found and condition.kind not in (found, "any"):
            text = f"{name} of {message.__name__} is a {found}; no {found} can be {condition}"
            yield Problem(place, text, f"compare it with a {found}")


def policies(system: System) -> Iterator[Problem]:
    """A filter policy keeps every limit of SNS."""
    for place, subscription in _subscriptions(system):
        yield from policy_problems(place, subscription.policy)


def policies_per_topic(system: System) -> Iterator[Problem]:
    """A topic takes so many filter policies ("Filter policy constraints")."""
    topics = Counter((s.publisher, s.topic) for _, s in _subscriptions(system))
    for (publisher, topic), count in topics.items():
        if count > MAX_PER_TOPIC:
            text = f"{count} consumers subscribe to its {topic}, SNS takes {MAX_PER_TOPIC} filters"
            yield Problem(publisher, text, "join consumers, or divide the service")


def _subscriptions(system: System) -> Iterator[tuple[str, Subscription]]:
    """Yield those that can be told; an event that nobody publishes breaks a rule of its own."""
    published = publishers(system)
    for place, service, consumer in consumers(system):
        if all(on.message in published for on in consumer.subscribed):
            for subscription in subscriptions(system, service, consumer):
                yield place, subscription
