"""Rules on the names of a service's handlers, tables and invocable functions."""

import keyword
import re
from collections.abc import Iterator, Sequence
from typing import Final

from topology import names
from topology.model import Service, System
from topology.problems import Problem
from topology.routing.recipients import invocable_commands
from topology.rules.naming import STAGE
from topology.rules.walk import repeated

SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# The handlers of a service's API, in the same module as its consumers and functions.
RESERVED_HANDLERS: Final = frozenset({"api", "authorizer"})
# Lambda, CreateFunction: FunctionName.
MAX_FUNCTION: Final = 64


def handler_and_table_names(system: System) -> Iterator[Problem]:
    """Names are snake case and become distinct CloudFormation ids.

    Consumers and functions are names in `handler.py`, tables are keys in the settings.
    """
    for service in system.services:
        tables = [table.name for table in service.tables]
        yield from _plain(service, "consumer", [each.name for each in service.consumers])
        yield from _plain(service, "function", [each.name for each in service.functions])
        yield from _plain(service, "table", tables)
        yield from _distinct(service, "handlers", _handlers(service))
        yield from _distinct(service, "tables", tables)


def reserved_names(system: System) -> Iterator[Problem]:
    """No consumer or function has the name of a handler of the API."""
    for service in system.services:
        for name in dict.fromkeys(_handlers(service)):
            if name in RESERVED_HANDLERS:
                text = f"`{name}` is a handler of the service's HTTP API"
                yield Problem(f"{service.name}.{name}", text, "rename it")


def function_names(system: System) -> Iterator[Problem]:
    """The name of an invocable function is within Lambda's limit in every stage."""
    for service in system.services:
        for name in dict.fromkeys(function.name for _, function in invocable_commands(service)):
            if (length := len(names.function(STAGE, service.name, name))) > MAX_FUNCTION:
                text = f"its function's name has {length} characters with a stage of {len(STAGE)}"
                fix = f"shorten its name or the service's name by {length - MAX_FUNCTION}"
                yield Problem(f"{service.name}.{name}", text, fix)


def _handlers(service: Service) -> list[str]:
    consumers = [consumer.name for consumer in service.consumers]
    return consumers + [function.name for function in service.functions]


def _plain(service: Service, what: str, found: Sequence[str]) -> Iterator[Problem]:
    for name in dict.fromkeys(found):
        if not SNAKE.fullmatch(name) or keyword.iskeyword(name):
            fix = "use lower case words and digits joined by _, e.g. ride_quotes"
            yield Problem(f"{service.name}.{name}", f"{name!r} is no name for a {what}", fix)


def _distinct(service: Service, what: str, found: Sequence[str]) -> Iterator[Problem]:
    for id_ in repeated(names.pascal(name) for name in found):
        alike = " and ".join(name for name in found if names.pascal(name) == id_)
        text = f"CloudFormation cannot tell the {what} {alike} apart"
        yield Problem(service.name, text, "rename one of them")
