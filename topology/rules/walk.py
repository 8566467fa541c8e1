"""Iterators over the elements of a system, shared by the rules."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

from contracts import Message
from topology.model import Api, Consumer, Function, Service, System
from topology.routing import parts
from topology.uses import Uses

T = TypeVar("T", bound=Hashable)


def consumers(system: System) -> Iterator[tuple[str, Service, Consumer]]:
    """Yield every consumer with its full name, "Service.consumer", and its service."""
    for service in system.services:
        for consumer in service.consumers:
            yield f"{service.name}.{consumer.name}", service, consumer


def functions(system: System) -> Iterator[tuple[str, Service, Function]]:
    """Yield every function with its full name, "Service.function", and its service."""
    for service in system.services:
        for function in service.functions:
            yield f"{service.name}.{function.name}", service, function


def apis(system: System) -> Iterator[tuple[str, Service, Api]]:
    """Yield every API with its full name, "Service.api", and its service."""
    for service in system.services:
        if service.api:
            yield f"{service.name}.api", service, service.api


def uses(system: System) -> Iterator[tuple[str, Service, Uses]]:
    """Yield every function of any kind with its full name and its service."""
    for service in system.services:
        for name, function in parts.functions(service):
            yield f"{service.name}.{name}", service, function


def messages(system: System) -> list[type[Message]]:
    """Return every message class of a system, each once."""
    found: list[type[Message]] = []
    for service in system.services:
        found += [*service.publishes, *service.sends, *service.invokes]
    for _, _, consumer in consumers(system):
        found += consumer.messages
    for _, _, function in functions(system):
        found += function.invocable
    for _, _, api in apis(system):
        found += api.commands.values()
    return list(dict.fromkeys(found))


def repeated(values: Iterable[T]) -> list[T]:
    """Return the values that occur more than once, each once."""
    return [value for value, count in Counter(values).items() if count > 1]
