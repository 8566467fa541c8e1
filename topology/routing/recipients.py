"""From the map to who takes what: the services, queues and functions that a message may go to."""

from collections.abc import Iterator

from contracts import Command
from topology.model import Consumer, Function, Service, System


def accepting(system: System, command: type[Command]) -> list[Service]:
    """Return the services that accept a command on their MsgIn."""
    return [
        service
        for service in system.services
        if any(command in consumer.accepts for consumer in service.consumers)
    ]


def sent(system: System, service: Service) -> dict[str, list[type[Command]]]:
    """Return by name the services to which a service may send, and which commands."""
    found: dict[str, list[type[Command]]] = {}
    for command in service.sends:
        for recipient in accepting(system, command):
            found.setdefault(recipient.name, []).append(command)
    return found


def enqueued(service: Service) -> dict[type[Command], Consumer]:
    """Return which consumer of a service takes each unit of work from its queue."""
    return {command: each for each in service.consumers for command in each.accepts_enqueued}


def invocable(service: Service) -> Iterator[tuple[type[Command], Consumer | Function]]:
    """Return each command that a service answers when invoked, with the function that does."""
    functions: tuple[Consumer | Function, ...] = (*service.consumers, *service.functions)
    return ((command, each) for each in functions for command in each.invocable)


def invoked(system: System, service: Service) -> dict[str, dict[type[Command], str]]:
    """Return by service the functions that a service may invoke: by command, their names."""
    found = {
        other.name: {
            command: function.name
            for command, function in invocable(other)
            if command in service.invokes
        }
        for other in system.services
    }
    return {name: functions for name, functions in found.items() if functions}
