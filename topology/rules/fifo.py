"""Rules on order: what FIFO topics and queues ask of publishers, messages and consumers."""

from collections.abc import Iterator
from typing import Final

from contracts import Message, RequestTimedOut
from messaging.limits import MAX_VISIBILITY
from topology.model import System
from topology.problems import Problem
from topology.retries import longest_delays
from topology.routing.subscriptions import publishers
from topology.rules.fields import required, scalar
from topology.rules.walk import consumers, messages

# Lambda: records a batch from a FIFO queue.
MAX_BATCH: Final = 10


def sources(system: System) -> Iterator[Problem]:
    """A FIFO consumer hears FIFO topics only: SNS delivers to a FIFO queue from no other."""
    published = publishers(system)
    for place, service, consumer in consumers(system):
        heard = [published[on.message] for on in consumer.subscribed if on.message in published]
        accepted = [service] if consumer.accepts else []
        names = [source.name for source in (*accepted, *heard) if not source.fifo]
        if consumer.fifo and names:
            text = f"it is FIFO, the topics of {', '.join(dict.fromkeys(names))} are not"
            yield Problem(place, text, "set fifo=True there too, or leave it out here")


def groups(system: System) -> Iterator[Problem]:
    """A message on a FIFO topic or queue has a group, and any group is a field that is always
    there.
    """
    ordered = _ordered(system)
    for message in messages(system):
        place, name = message.__name__, message.group
        suitable = ", ".join(n for n, kind in required(message).items() if scalar(kind)) or "none"
        if name is None and message in ordered:
            fix = f"set its `group` to the field within whose value order matters: {suitable}"
            yield Problem(place, "it goes through a FIFO topic or queue without a group", fix)
        elif name is not None and not scalar(required(message).get(name)):
            text = f"its group {name!r} is no required field with a single value"
            yield Problem(place, text, f"name one that is: {suitable}")


def _ordered(system: System) -> set[type[Message]]:
    """Return the messages that go through FIFO topics, or straight to FIFO queues."""
    services = [service for service in system.services if service.fifo]
    published = {event for service in services for event in service.publishes}
    accepted = {
        command for s in services for consumer in s.consumers for command in consumer.accepts
    }
    taken = {
        command
        for _, _, each in consumers(system)
        if each.fifo
        for command in each.accepts_enqueued
    }
    # The runtime's own has no group, and breaks a rule of its own.
    return published | accepted | taken - {RequestTimedOut}


def batches(system: System) -> Iterator[Problem]:
    """Lambda takes small batches from a FIFO queue, and does not wait for more to come."""
    for place, _, consumer in consumers(system):
        if consumer.fifo and consumer.batch_size > MAX_BATCH:
            text = f"batch_size is {consumer.batch_size} in a FIFO consumer"
            yield Problem(place, text, f"set it to at most {MAX_BATCH}")
        if consumer.fifo and consumer.batching_window:
            text = f"batching_window is {consumer.batching_window} in a FIFO consumer"
            yield Problem(place, text, "leave it out: Lambda has none for FIFO queues")


def delays(system: System) -> Iterator[Problem]:
    """In a FIFO queue a message waits invisibly, for as long as SQS can hide it."""
    for place, _, consumer in consumers(system):
        longest = max(longest_delays(consumer.retry), default=0)
        if consumer.fifo and longest > MAX_VISIBILITY:
            text = f"it may wait {longest:g} s for a retry, SQS hides a message {MAX_VISIBILITY} s"
            yield Problem(
                place, text, "lower `cap` or the delays of `schedule` of its retry policy"
            )


def time_limits(system: System) -> Iterator[Problem]:
    """A time limit is a delayed message, and SQS delays no single message of a FIFO queue."""
    for place, _, consumer in consumers(system):
        if consumer.fifo and RequestTimedOut in consumer.accepts_enqueued:
            text = "it is FIFO and takes RequestTimedOut: SQS delays no single message there"
            yield Problem(place, text, "take it in a consumer that is not FIFO")
