"""Rules on commands that services send each other, and on the time limits of requests."""

from collections.abc import Iterable, Iterator

from contracts import Command, RequestTimedOut
from topology.model import System
from topology.problems import Problem
from topology.routing.parts import ends_requests
from topology.rules.suggestions import closest, owner
from topology.rules.walk import apis, consumers, functions, repeated


def accepted_commands(system: System) -> Iterator[Problem]:
    """Each command in `sends` is accepted by a service. Senders outside the system are allowed."""
    known = {c.__name__: s.name for _, s, each in consumers(system) for c in each.accepts}
    accepted = {command for _, _, each in consumers(system) for command in each.accepts}
    for service in system.services:
        for command in dict.fromkeys(service.sends):
            if command not in accepted | {RequestTimedOut}:
                fix = f"add it to `accepts` of a consumer of {owner(system, command)}"
                fix += closest(command, "send", known)
                yield Problem(service.name, f"no service accepts {command.__name__}", fix)


def each_command_once(system: System) -> Iterator[Problem]:
    """`sends` and `invokes` name each command once."""
    for service in system.services:
        for field, commands in (("sends", service.sends), ("invokes", service.invokes)):
            for command in repeated(commands):
                text = f"it {field} {command.__name__} more than once"
                yield Problem(service.name, text, f"name it once in `{field}`")


def one_queue(system: System) -> Iterator[Problem]:
    """An enqueued command goes to one queue of the service."""
    for service in system.services:
        enqueued = (command for each in service.consumers for command in each.accepts_enqueued)
        for command in dict.fromkeys(enqueued):
            found = [each.name for each in service.consumers if command in each.accepts_enqueued]
            if len(found) > 1:
                text = f"{len(found)} of its consumers accept {command.__name__} enqueued: "
                text += ", ".join(found)
                fix = "leave it in `accepts_enqueued` of one of them"
                yield Problem(service.name, text, fix)


def reserved_messages(system: System) -> Iterator[Problem]:
    """Only the runtime sends RequestTimedOut, and only to a queue of the service itself."""
    for element, field, commands in _fields_but_accepts_enqueued(system):
        if RequestTimedOut in commands:
            text = f"RequestTimedOut in `{field}` is the runtime's own message"
            fix = "leave it out; to handle time-outs, name it in `accepts_enqueued` of a consumer"
            yield Problem(element, text, fix)


def _fields_but_accepts_enqueued(
    system: System,
) -> Iterator[tuple[str, str, Iterable[type[Command]]]]:
    """Yield element, field and commands for every field with commands but `accepts_enqueued`."""
    for service in system.services:
        yield service.name, "sends", service.sends
        yield service.name, "invokes", service.invokes
    for element, _, consumer in consumers(system):
        yield element, "accepts", consumer.accepts
        yield element, "invocable", consumer.invocable
    for element, _, function in functions(system):
        yield element, "invocable", function.invocable
    for element, _, api in apis(system):
        yield element, "commands", api.commands.values()


def time_limits(system: System) -> Iterator[Problem]:
    """Consumers of replies or time-outs are idempotent, in a service that handles time-outs.

    Either a reply or the time-out of a request is handled, also when a copy of it arrives.
    """
    for element, service, consumer in consumers(system):
        if ends_requests(service, consumer) and not consumer.idempotent:
            text = "it receives replies or time-outs of requests, but is not idempotent"
            yield Problem(element, text, 'set guarantee="lease"')
