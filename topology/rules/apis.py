"""Rules on HTTP APIs: routes, the commands behind them, authorizers and CORS."""

import re
from collections.abc import Iterator
from typing import Final

from contracts import RequestTimedOut
from topology.model import System
from topology.problems import Problem
from topology.routing.recipients import invocable_commands
from topology.rules.limits import MAX_INTEGRATION
from topology.rules.walk import apis, repeated

# A segment is plain or a {parameter}; the last one may be {greedy+}.
ROUTE: Final = re.compile(
    r"(GET|POST|PUT|PATCH|DELETE) (/|(/([\w.~-]+|\{\w+\}))+|(/([\w.~-]+|\{\w+\}))*/\{\w+\+\})",
    re.ASCII,
)
# The body is the command: the path has no parameters.
COMMAND_ROUTE: Final = re.compile(r"POST (/|(/[\w.~-]+)+)", re.ASCII)
# As browsers write it: in lower case, without a path.
ORIGIN: Final = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?")
ANY: Final = "*"


def routes(system: System) -> Iterator[Problem]:
    """A route is a method and a path, unique within the API."""
    for element, _, api in apis(system):
        found = (*api.routes, *api.commands)
        if not found:
            fix = "add one to `routes` or `commands`, or remove the API"
            yield Problem(element, "it has no routes", fix)
        for route in api.routes:
            if not ROUTE.fullmatch(route):
                yield Problem(element, f"{route!r} is no route", 'write it like "POST /rides/{id}"')
        for route in api.commands:
            if not COMMAND_ROUTE.fullmatch(route):
                fix = 'write it like "POST /quote", without parameters'
                yield Problem(element, f"{route!r} is no route for a command", fix)
        # API Gateway compares paths by their shape, without the names of their parameters.
        for shape in repeated(re.sub(r"\{\w+", "{", route) for route in found):
            yield Problem(element, f"two routes are {shape}", "leave one of them")


def commands(system: System) -> Iterator[Problem]:
    """Each command of a route is invocable at a function of the API's own service."""
    for element, service, api in apis(system):
        invocable = {command for command, _ in invocable_commands(service)} | {RequestTimedOut}
        for command in dict.fromkeys(api.commands.values()):
            if command not in invocable:
                text = f"no function of {service.name} can be invoked with {command.__name__}"
                fix = "add it to `invocable` of one of its functions, or remove the route"
                yield Problem(element, text, fix)


def command_timeouts(system: System) -> Iterator[Problem]:
    """A function behind a route times out before the API does."""
    for _, service, api in apis(system):
        for command, function in invocable_commands(service):
            if command in api.commands.values() and (seconds := function.timeout) > MAX_INTEGRATION:
                text = f"timeout is {seconds}, the API that calls it waits {MAX_INTEGRATION} s"
                fix = f"set it to at most {MAX_INTEGRATION}, or use a Function for the command"
                yield Problem(f"{service.name}.{function.name}", text, fix)


def guarded_routes(system: System) -> Iterator[Problem]:
    """An authorizer names routes of its API, each once."""
    for api_element, _, api in apis(system):
        if api.authorizer is None:
            continue
        element, found = f"{api_element}.authorizer", (*api.routes, *api.commands)
        if not api.authorizer.routes:
            fix = "name routes of the API, or remove the authorizer"
            yield Problem(element, "it guards no route", fix)
        for route in dict.fromkeys(api.authorizer.routes):
            if route not in found:
                fix = f"name one of its routes: {', '.join(found) or 'none'}"
                yield Problem(element, f"{route!r} is no route of the API", fix)
        for route in repeated(api.authorizer.routes):
            yield Problem(element, f"it names {route!r} more than once", "name it once")


def cors_origins(system: System) -> Iterator[Problem]:
    """CORS names origins as browsers write them, or allows all."""
    for api_element, _, api in apis(system):
        if api.cors is None:
            continue
        element = f"{api_element}.cors"
        if not api.cors.origins:
            yield Problem(element, "it allows no origin", "name one, or remove `cors`")
        for origin in dict.fromkeys(api.cors.origins):
            if origin != ANY and not ORIGIN.fullmatch(origin):
                fix = 'write it like "https://app.example.com", in lower case and without a path'
                yield Problem(element, f"{origin!r} is no origin", fix)
        if ANY in api.cors.origins and len(api.cors.origins) > 1:
            text = f"{ANY!r} allows every origin, and others are named beside it"
            yield Problem(element, text, f"leave {ANY!r} alone, or leave it out")
