"""Rules on functions that others invoke directly, and on who invokes them."""

from collections.abc import Iterator

from contracts import RequestTimedOut
from topology.model import System
from topology.problems import Problem
from topology.routing.recipients import invocable
from topology.rules.suggestions import instead, owner
from topology.rules.walk import functions, repeated


def answered(system: System) -> Iterator[Problem]:
    """A service invokes what a function answers."""
    found = [(command, s.name) for s in system.services for command, _ in invocable(s)]
    known = {command.__name__: name for command, name in found}
    answers = {command for command, _ in found} | {RequestTimedOut}
    for service in system.services:
        for command in dict.fromkeys(service.invokes):
            if command not in answers:
                fix = f"add it to `answers` of a function of {owner(system, command)}"
                fix += instead(command, "invoke", known)
                yield Problem(service.name, f"no function answers {command.__name__}", fix)


def one_answerer(system: System) -> Iterator[Problem]:
    """One function of a service answers a command."""
    for service in system.services:
        found = list(invocable(service))
        for command in repeated(command for command, _ in found):
            places = [function.name for other, function in found if other is command]
            text = f"{command.__name__} is answered {len(places)} times: {', '.join(places)}"
            yield Problem(service.name, text, "leave it in `answers` of one of them, once")


def useful(system: System) -> Iterator[Problem]:
    """A function answers something."""
    for place, _, function in functions(system):
        if not function.invocable:
            fix = "name its commands in `answers`, or remove it"
            yield Problem(place, "it answers nothing", fix)
