"""Rules on consumers: the messages that reach them, and the filters on these."""

from collections import Counter
from collections.abc import Iterator

from contracts import Event
from topology.filters.conditions import Condition
from topology.filters.fields import fields, kind
from topology.filters.policies import MAX_PER_TOPIC, any_of, policy_problems
from topology.model import On, System
from topology.problems import Problem
from topology.routing.subscriptions import Subscription, publishers, subscriptions
from topology.rules.walk import consumers, repeated


def reachable(system: System) -> Iterator[Problem]:
    """At least one message reaches a consumer's queue."""
    for element, _, consumer in consumers(system):
        if consumer.from_queue:
            continue
        if consumer.invocable:
            text = "no message reaches its queue, it is only invocable"
            yield Problem(element, text, "make it a Function, in `functions` of its service")
        else:
            sources = "`accepts`, `listens_to`, `replies_from` or `accepts_enqueued`"
            fix = f"name its messages in {sources}, or remove it"
            yield Problem(element, "no message reaches it", fix)


def each_message_once(system: System) -> Iterator[Problem]:
    """A consumer names each message of its queue once, with one `On` for all conditions."""
    for element, _, consumer in consumers(system):
        for message in repeated(consumer.from_queue):
            fix = "name it once"
            if issubclass(message, Event):
                fix += "; in `where`, a tuple of conditions means any of them"
            yield Problem(element, f"it names {message.__name__} more than once", fix)


def filter_attributes(system: System) -> Iterator[Problem]:
    """A filter names declared attributes, with conditions of the attribute's own type."""
    for element, _, consumer in consumers(system):
        for on in consumer.subscribed:
            for name, conditions in on.where.items():
                yield from _filter_problems(element, on, name, any_of(conditions))


def _filter_problems(
    element: str, on: On, name: str, conditions: tuple[Condition, ...]
) -> Iterator[Problem]:
    message = on.message
    if name not in message.attributes:
        declared = ", ".join(message.attributes) or "none"
        text = f"it filters on {name}, which {message.__name__} does not declare"
        fix = f"use a declared attribute ({declared}), or add {name} to its `attributes`"
        yield Problem(element, text, fix)
        return
    found = kind(fields(message).get(name))
    for condition in conditions:
        if found and condition.kind not in (found, "any"):
            text = f"{name} of {message.__name__} is a {found}; no {found} can be {condition}"
            yield Problem(element, text, f"compare it with a {found}")


def filter_policies(system: System) -> Iterator[Problem]:
    """A filter policy is within every limit of SNS."""
    for element, subscription in _subscriptions(system):
        yield from policy_problems(element, subscription.policy)


def filter_policies_per_topic(system: System) -> Iterator[Problem]:
    """A topic has at most MAX_PER_TOPIC filter policies ("Filter policy constraints")."""
    topics = Counter((s.publisher, s.topic) for _, s in _subscriptions(system))
    for (publisher, topic), count in topics.items():
        if count > MAX_PER_TOPIC:
            text = f"{count} consumers subscribe to its {topic}, SNS takes {MAX_PER_TOPIC} filters"
            yield Problem(publisher, text, "join consumers, or divide the service")


def _subscriptions(system: System) -> Iterator[tuple[str, Subscription]]:
    """Yield subscriptions; skip consumers with an unpublished event, which has its own rule."""
    published = publishers(system)
    for element, service, consumer in consumers(system):
        if all(on.message in published for on in consumer.subscribed):
            for subscription in subscriptions(system, service, consumer):
                yield element, subscription
