"""Rules: tests that run over every system, service, consumer, API or invocable function."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import pytest

from tests.systems import catalog
from topology.model import Consumer, Function, Service, System

Invocable = Consumer | Function

every_system = pytest.mark.every("system")
every_service = pytest.mark.every("system", "service")
every_consumer = pytest.mark.every("system", "service", "consumer")
every_api = pytest.mark.every("system", "service", "api")
every_invocable = pytest.mark.every("system", "service", "function")


def invocable(service: Service) -> list[Invocable]:
    """Return the consumers and functions of a service that others may invoke directly."""
    found: tuple[Invocable, ...] = (*service.consumers, *service.functions)
    return [each for each in found if each.invocable]


# The last argument of a rule -> all its arguments in one system.
_FIND: Final[Mapping[str, Callable[[System], list[tuple[Any, ...]]]]] = {
    "system": lambda system: [(system,)],
    "service": lambda system: [(system, each) for each in system.services],
    "consumer": lambda system: [(system, s, each) for s in system.services for each in s.consumers],
    "api": lambda system: [(system, each, each.api) for each in system.services if each.api],
    "function": lambda system: [
        (system, s, each) for s in system.services for each in invocable(s)
    ],
}


def generate(metafunc: pytest.Metafunc) -> None:
    """Give a rule its arguments. `has_code=True` leaves out systems whose functions do nothing."""
    for mark in metafunc.definition.iter_markers("every"):
        systems: Iterable[System] = catalog.chosen(metafunc.config).values()
        if mark.kwargs.get("has_code"):
            systems = [each for each in systems if catalog.has_code(each)]
        found = [each for system in systems for each in _FIND[mark.args[-1]](system)]
        metafunc.parametrize(mark.args, found, ids=[_id(each) for each in found])


def _id(arguments: tuple[Any, ...]) -> str:
    return "/".join(getattr(each, "name", "api") for each in arguments)
