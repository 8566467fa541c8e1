"""The part of a service that one of its functions uses."""

from collections.abc import Iterator
from dataclasses import replace

from contracts import Command, RequestTimedOut
from topology.model import Consumer, Service, System
from topology.routing.recipients import enqueued_commands
from topology.uses import Uses


def functions(service: Service) -> Iterator[tuple[str, Uses]]:
    """Yield each function of a service with its name in `handler.py`."""
    yield from ((each.name, each) for each in service.consumers)
    yield from ((each.name, each) for each in service.functions)
    if service.api and service.api.routes:
        yield "api", service.api
    if service.api and service.api.authorizer:
        yield "authorizer", service.api.authorizer


def narrowed(service: Service, function: Uses) -> Service:
    """Return the service with only what a function publishes, sends and invokes."""
    return replace(
        service,
        publishes=service.publishes if function.publishes is None else function.publishes,
        sends=service.sends if function.sends is None else function.sends,
        invokes=service.invokes if function.invokes is None else function.invokes,
    )


def reached(system: System, function: Uses) -> System:
    """Return the system with only the services to which a function sends, or which it invokes."""
    part = function.recipients
    services = tuple(each for each in system.services if part is None or each.name in part)
    return replace(system, services=services)


def enqueued_by(service: Service, function: Uses) -> dict[type[Command], Consumer]:
    """Return the commands that a function enqueues, each with the consumer that accepts it."""
    accepted, part = enqueued_commands(service), function.enqueues
    return {command: accepted[command] for command in (accepted if part is None else part)}


def begins_requests(service: Service, function: Uses) -> bool:
    """Whether a function may send requests with a time limit."""
    return RequestTimedOut in enqueued_by(service, function)


def ends_requests(service: Service, function: Uses) -> bool:
    """Whether a function receives replies to requests with a time limit, or their time-outs."""
    if not isinstance(function, Consumer) or RequestTimedOut not in enqueued_commands(service):
        return False
    return bool(function.replies_from) or RequestTimedOut in function.accepts_enqueued


def tracks_requests(service: Service, function: Uses) -> bool:
    """Whether a function uses the table of requests with a time limit."""
    return begins_requests(service, function) or ends_requests(service, function)
