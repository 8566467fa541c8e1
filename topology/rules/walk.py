"""Ways through a map that several rules take."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

from contracts import Message
from topology.model import Consumer, Service, System

T = TypeVar("T", bound=Hashable)


def consumers(system: System) -> Iterator[tuple[str, Service, Consumer]]:
    """Yield every consumer with its place, "Service.consumer", and its service."""
    for service in system.services:
        for consumer in service.consumers:
            yield f"{service.name}.{consumer.name}", service, consumer


def messages(system: System) -> list[type[Message]]:
    """Return every message class the map names, each once."""
    published = [event for service in system.services for event in service.publishes]
    taken = [message for _, _, consumer in consumers(system) for message in consumer.messages]
    return list(dict.fromkeys([*published, *taken]))


def repeated(values: Iterable[T]) -> list[T]:
    """Return the values that occur more than once, each once."""
    return [value for value, count in Counter(values).items() if count > 1]
