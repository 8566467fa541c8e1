"""The services, queues and functions to which a command may go."""

from collections.abc import Iterator

from contracts import Command
from topology.model import Consumer, Function, Service, System


def accepting_services(system: System, command: type[Command]) -> list[Service]:
    """Return the services that accept a command on their MsgIn."""
    return [
        service
        for service in system.services
        if any(command in consumer.accepts for consumer in service.consumers)
    ]


def sent_commands(system: System, service: Service) -> dict[str, list[type[Command]]]:
    """Return the commands that a service sends, by the name of the service that accepts them."""
    found: dict[str, list[type[Command]]] = {}
    for command in service.sends:
        for recipient in accepting_services(system, command):
            found.setdefault(recipient.name, []).append(command)
    return found


def enqueued_commands(service: Service) -> dict[type[Command], Consumer]:
    """Return the consumer of a service to whose queue each enqueued command goes."""
    return {command: each for each in service.consumers for command in each.accepts_enqueued}


def enqueued_only(consumer: Consumer) -> list[type[Command]]:
    """Return the commands that reach a consumer's queue directly, and through no topic."""
    return [command for command in consumer.accepts_enqueued if command not in consumer.accepts]


def invocable_commands(service: Service) -> Iterator[tuple[type[Command], Consumer | Function]]:
    """Yield each command for which a service can be invoked, with its consumer or function."""
    functions: tuple[Consumer | Function, ...] = (*service.consumers, *service.functions)
    return ((command, each) for each in functions for command in each.invocable)


def invoked_functions(system: System, service: Service) -> dict[str, dict[type[Command], str]]:
    """Return the names of the functions that a service invokes: by service, then by command."""
    found = {
        other.name: {
            command: function.name
            for command, function in invocable_commands(other)
            if command in service.invokes
        }
        for other in system.services
    }
    return {name: functions for name, functions in found.items() if functions}
