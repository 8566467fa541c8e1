"""Rules on FIFO topics and queues: publishers, messages and consumers."""

from collections.abc import Iterator
from typing import Final

from contracts import Message, RequestTimedOut
from messaging.limits import MAX_VISIBILITY
from topology.filters.fields import required, scalar
from topology.model import System
from topology.problems import Problem
from topology.retries import longest_delays
from topology.routing.subscriptions import publishers
from topology.rules.walk import consumers, messages

# Lambda: the largest batch from a FIFO queue, in records.
MAX_BATCH: Final = 10


def sources(system: System) -> Iterator[Problem]:
    """A FIFO consumer subscribes to FIFO topics only: SNS delivers only these to a FIFO queue."""
    published = publishers(system)
    for element, service, consumer in consumers(system):
        subscribed = [
            published[on.message] for on in consumer.subscribed if on.message in published
        ]
        accepted = [service] if consumer.accepts else []
        names = [source.name for source in (*accepted, *subscribed) if not source.fifo]
        if consumer.fifo and names:
            text = f"it is FIFO, the topics of {', '.join(dict.fromkeys(names))} are not"
            yield Problem(element, text, "set fifo=True there too, or leave it out here")


def groups(system: System) -> Iterator[Problem]:
    """A message on a FIFO topic or queue has a group, and every group is a required field."""
    ordered = _ordered(system)
    for message in messages(system):
        element, name = message.__name__, message.group
        suitable = ", ".join(n for n, kind in required(message).items() if scalar(kind)) or "none"
        if name is None and message in ordered:
            fix = f"set its `group` to the field that decides which messages keep order: {suitable}"
            yield Problem(element, "it goes through a FIFO topic or queue without a group", fix)
        elif name is not None and not scalar(required(message).get(name)):
            text = f"its group {name!r} is no required field with a single value"
            yield Problem(element, text, f"name a suitable field: {suitable}")


def _ordered(system: System) -> set[type[Message]]:
    """Return the messages that go through FIFO topics, or directly to FIFO queues."""
    services = [service for service in system.services if service.fifo]
    published = {event for service in services for event in service.publishes}
    accepted = {
        command for s in services for consumer in s.consumers for command in consumer.accepts
    }
    enqueued = {
        command
        for _, _, each in consumers(system)
        if each.fifo
        for command in each.accepts_enqueued
    }
    # The runtime's own message has no group, and another rule keeps it out of FIFO queues.
    return published | accepted | enqueued - {RequestTimedOut}


def batches(system: System) -> Iterator[Problem]:
    """Lambda reads small batches from a FIFO queue, without a batching window."""
    for element, _, consumer in consumers(system):
        if consumer.fifo and consumer.batch_size > MAX_BATCH:
            text = f"batch_size is {consumer.batch_size} in a FIFO consumer"
            yield Problem(element, text, f"set it to at most {MAX_BATCH}")
        if consumer.fifo and consumer.batching_window:
            text = f"batching_window is {consumer.batching_window} in a FIFO consumer"
            yield Problem(element, text, "leave it out: Lambda has none for FIFO queues")


def delays(system: System) -> Iterator[Problem]:
    """A retry delay in a FIFO queue is a visibility timeout, and within its limit."""
    for element, _, consumer in consumers(system):
        longest = max(longest_delays(consumer.retry), default=0)
        if consumer.fifo and longest > MAX_VISIBILITY:
            text = f"it may wait {longest:g} s for a retry, SQS hides a message {MAX_VISIBILITY} s"
            yield Problem(
                element, text, "lower `cap` or the delays of `schedule` of its retry policy"
            )


def time_limits(system: System) -> Iterator[Problem]:
    """A FIFO consumer receives no time-outs: SQS cannot delay a single message of a FIFO queue."""
    for element, _, consumer in consumers(system):
        if consumer.fifo and RequestTimedOut in consumer.accepts_enqueued:
            text = "it is FIFO and accepts RequestTimedOut: SQS delays no single message there"
            yield Problem(element, text, "accept it in a consumer that is not FIFO")
