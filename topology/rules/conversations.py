"""Rules on commands that services send each other, and on the time limits of requests."""

from collections.abc import Iterable, Iterator

from contracts import Command, RequestTimedOut
from topology.model import System
from topology.problems import Problem
from topology.rules.suggestions import instead, owner
from topology.rules.walk import apis, consumers, functions, repeated


def accepted(system: System) -> Iterator[Problem]:
    """A service sends what somebody accepts. Others outside the map may send to it too."""
    known = {c.__name__: s.name for _, s, each in consumers(system) for c in each.accepts}
    taken = {command for _, _, each in consumers(system) for command in each.accepts}
    for service in system.services:
        for command in dict.fromkeys(service.sends):
            if command not in taken | {RequestTimedOut}:
                fix = f"add it to `accepts` of a consumer of {owner(system, command)}"
                fix += instead(command, "send", known)
                yield Problem(service.name, f"nobody accepts {command.__name__}", fix)


def each_once(system: System) -> Iterator[Problem]:
    """A service names once what it sends and what it invokes."""
    for service in system.services:
        for word, commands in (("sends", service.sends), ("invokes", service.invokes)):
            for command in repeated(commands):
                text = f"it {word} {command.__name__} more than once"
                yield Problem(service.name, text, f"name it once in `{word}`")


def one_taker(system: System) -> Iterator[Problem]:
    """A unit of work goes to one queue of the service."""
    for service in system.services:
        for command in dict.fromkeys(
            c for each in service.consumers for c in each.accepts_enqueued
        ):
            takers = [each.name for each in service.consumers if command in each.accepts_enqueued]
            if len(takers) > 1:
                text = f"{len(takers)} of its consumers take {command.__name__}: "
                text += ", ".join(takers)
                yield Problem(service.name, text, "leave it in `takes` of one of them")


def own_messages(system: System) -> Iterator[Problem]:
    """The runtime alone sends RequestTimedOut, straight to a queue of the service."""
    for place, word, commands in _outside(system):
        if RequestTimedOut in commands:
            text = f"RequestTimedOut in `{word}` is the runtime's own message"
            fix = "leave it out; to hear of time limits, name it in `takes` of a consumer"
            yield Problem(place, text, fix)


def _outside(system: System) -> Iterator[tuple[str, str, Iterable[type[Command]]]]:
    """Yield every place, word and commands of the map, except for `takes`."""
    for service in system.services:
        yield service.name, "sends", service.sends
        yield service.name, "invokes", service.invokes
    for place, _, consumer in consumers(system):
        yield place, "accepts", consumer.accepts
        yield place, "answers", consumer.invocable
    for place, _, function in functions(system):
        yield place, "answers", function.invocable
    for place, _, api in apis(system):
        yield place, "calls", api.commands.values()


def time_limits(system: System) -> Iterator[Problem]:
    """Who hears an answer or that none came in time hears it once, whatever comes twice."""
    for place, service, consumer in consumers(system):
        limited = any(RequestTimedOut in each.accepts_enqueued for each in service.consumers)
        hears = consumer.replies_from or RequestTimedOut in consumer.accepts_enqueued
        if limited and hears and not consumer.idempotent:
            text = "it receives replies or time-outs of requests, but is not idempotent"
            yield Problem(place, text, 'set guarantee="lease"')
