"""Rules on what functions use: actions on tables, and their part of the service's messages."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from topology.model import Service, System
from topology.problems import Problem
from topology.routing.parts import functions, narrowed
from topology.routing.recipients import enqueued_commands, invoked_functions, sent_commands
from topology.rules.walk import repeated, uses
from topology.uses import READS, WRITES


def table_actions(system: System) -> Iterator[Problem]:
    """`reads` and `writes` name tables of the service, and actions of DynamoDB, each once."""
    for element, service, function in uses(system):
        yield from _problems(element, service, "reads", function.reads, READS)
        yield from _problems(element, service, "writes", function.writes, WRITES)


def _problems(
    element: str,
    service: Service,
    field: str,
    found: Mapping[str, tuple[str, ...]],
    known: tuple[str, ...],
) -> Iterator[Problem]:
    """Yield the problems of one field."""
    tables = [table.name for table in service.tables]
    for table, actions in found.items():
        if table not in tables:
            fix = f"add it to `tables` of {service.name}" + _nearest("name", table, tables)
            yield Problem(element, f"it {field} {table}, which is no table of its service", fix)
        if not actions:
            fix = "name the actions that its handlers use, or remove the entry"
            yield Problem(element, f"it {field} {table} with no action", fix)
        for action in repeated(actions):
            yield Problem(element, f"it {field} {table} with {action} twice", "name it once")
        for action in dict.fromkeys(actions):
            if action not in known:
                text = f"{action!r} in `{field}` of {table} is no action that {field} items"
                yield Problem(element, text, f"name one of {', '.join(known)}")


def unused_tables(system: System) -> Iterator[Problem]:
    """Each table is used by a function of its service."""
    for service in system.services:
        used = {name for _, function in functions(service) for name in function.tables}
        for table in service.tables:
            if table.name not in used:
                fix = "name it in `reads` or `writes` of a function, or remove it"
                yield Problem(service.name, f"no function uses its table {table.name}", fix)


def parts_of_the_service(system: System) -> Iterator[Problem]:
    """A function publishes, sends, invokes and enqueues what its service declares, each once."""
    for element, service, function in uses(system):
        declared = {
            "publishes": (function.publishes, service.publishes, ""),
            "sends": (function.sends, service.sends, ""),
            "invokes": (function.invokes, service.invokes, ""),
            "enqueues": (function.enqueues, enqueued_commands(service), "accepts_enqueued"),
        }
        for field, (part, whole, where) in declared.items():
            for message in dict.fromkeys(part or ()):
                if message not in whole:
                    owner = f"a consumer of {service.name}" if where else service.name
                    text = f"it {field} {message.__name__}, which its service does not declare"
                    fix = f"add it to `{where or field}` of {owner}, or remove it here"
                    yield Problem(element, text, fix)
            for message in repeated(part or ()):
                text = f"it {field} {message.__name__} more than once"
                yield Problem(element, text, "name it once")


def recipients(system: System) -> Iterator[Problem]:
    """A recipient takes a command that the function sends, or with which it invokes."""
    for element, service, function in uses(system):
        own, part = narrowed(service, function), function.recipients or ()
        takers = [*sent_commands(system, own), *invoked_functions(system, own)]
        for name in dict.fromkeys(part):
            if name not in takers:
                text = f"{name} in `recipients` takes no command of `sends` or `invokes`"
                fix = f"name one that does: {', '.join(dict.fromkeys(takers)) or 'none'}"
                yield Problem(element, text, fix)
        for name in repeated(part):
            yield Problem(element, f"it names the recipient {name} more than once", "name it once")


def _nearest(verb: str, name: str, known: list[str]) -> str:
    """Return ", or <verb> <nearest>" for the known name that is nearest."""
    return "".join(f", or {verb} {each}" for each in get_close_matches(name, known, 1, 0.0))
