"""Rules on functions that other services invoke directly, and on the services that invoke them."""

from collections.abc import Iterator

from contracts import RequestTimedOut
from topology.model import System
from topology.problems import Problem
from topology.routing.recipients import invocable_commands
from topology.rules.suggestions import closest, owner
from topology.rules.walk import functions, repeated


def invoked_commands(system: System) -> Iterator[Problem]:
    """Each command in `invokes` is `invocable` at a consumer or function."""
    found = [(command, s.name) for s in system.services for command, _ in invocable_commands(s)]
    known = {command.__name__: name for command, name in found}
    invocable = {command for command, _ in found} | {RequestTimedOut}
    for service in system.services:
        for command in dict.fromkeys(service.invokes):
            if command not in invocable:
                fix = f"add it to `invocable` of a function of {owner(system, command)}"
                fix += closest(command, "invoke", known)
                text = f"no function can be invoked with {command.__name__}"
                yield Problem(service.name, text, fix)


def one_function(system: System) -> Iterator[Problem]:
    """A command is `invocable` at one function of a service."""
    for service in system.services:
        found = list(invocable_commands(service))
        for command in repeated(command for command, _ in found):
            names = [function.name for other, function in found if other is command]
            text = f"{command.__name__} is invocable {len(names)} times: {', '.join(names)}"
            yield Problem(service.name, text, "leave it in `invocable` of one of them, once")


def functions_without_commands(system: System) -> Iterator[Problem]:
    """A function has at least one command."""
    for element, _, function in functions(system):
        if not function.invocable:
            fix = "name its commands in `invocable`, or remove it"
            yield Problem(element, "the function has no commands", fix)
