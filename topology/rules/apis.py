"""Rules on HTTP APIs: their routes, the functions they call, who may call them."""

import re
from collections.abc import Iterator
from typing import Final

from contracts import RequestTimedOut
from topology.model import System
from topology.problems import Problem
from topology.routing.recipients import invocable
from topology.rules.limits import MAX_INTEGRATION
from topology.rules.walk import apis, repeated

# Segments are plain, {parameters}, or at the end a {greedy+} one.
ROUTE: Final = re.compile(
    r"(GET|POST|PUT|PATCH|DELETE) (/|(/([\w.~-]+|\{\w+\}))+|(/([\w.~-]+|\{\w+\}))*/\{\w+\+\})",
    re.ASCII,
)
# The body is the command, so that a path has nothing to add to it.
CALL: Final = re.compile(r"POST (/|(/[\w.~-]+)+)", re.ASCII)
# As browsers write it: in lower case, without a path.
ORIGIN: Final = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?")
ANY: Final = "*"


def routes(system: System) -> Iterator[Problem]:
    """A route is a method and a path that no other route of the API takes."""
    for place, _, api in apis(system):
        found = (*api.routes, *api.commands)
        if not found:
            fix = "add one to `routes` or `calls`, or remove the API"
            yield Problem(place, "it has no routes", fix)
        for route in api.routes:
            if not ROUTE.fullmatch(route):
                yield Problem(place, f"{route!r} is no route", 'write it like "POST /rides/{id}"')
        for route in api.commands:
            if not CALL.fullmatch(route):
                fix = 'write it like "POST /quote", without parameters'
                yield Problem(place, f"{route!r} is no route for a command", fix)
        # API Gateway tells paths apart by their shape, not by the names of their parameters.
        for shape in repeated(re.sub(r"\{\w+", "{", route) for route in found):
            yield Problem(place, f"two routes are {shape}", "leave one of them")


def calls(system: System) -> Iterator[Problem]:
    """A route calls a function of its own service."""
    for place, service, api in apis(system):
        answered = {command for command, _ in invocable(service)} | {RequestTimedOut}
        for command in dict.fromkeys(api.commands.values()):
            if command not in answered:
                text = f"no function of {service.name} answers {command.__name__}"
                fix = "add it to `answers` of one of its functions, or remove the route"
                yield Problem(place, text, fix)


def waits(system: System) -> Iterator[Problem]:
    """A function that an API calls ends before the API has stopped waiting for it."""
    for _, service, api in apis(system):
        for command, function in invocable(service):
            if command in api.commands.values() and (seconds := function.timeout) > MAX_INTEGRATION:
                text = f"timeout is {seconds}, the API that calls it waits {MAX_INTEGRATION} s"
                fix = f"set it to at most {MAX_INTEGRATION}, or answer in a Function of its own"
                yield Problem(f"{service.name}.{function.name}", text, fix)


def guarded(system: System) -> Iterator[Problem]:
    """An authorizer guards routes that the API has."""
    for api_place, _, api in apis(system):
        if api.authorizer is None:
            continue
        place, found = f"{api_place}.authorizer", (*api.routes, *api.commands)
        if not api.authorizer.routes:
            fix = "name routes of the API, or remove the authorizer"
            yield Problem(place, "it guards no route", fix)
        for route in dict.fromkeys(api.authorizer.routes):
            if route not in found:
                fix = f"name one that it has: {', '.join(found) or 'none'}"
                yield Problem(place, f"{route!r} is no route of the API", fix)
        for route in repeated(api.authorizer.routes):
            yield Problem(place, f"it names {route!r} more than once", "name it once")


def origins(system: System) -> Iterator[Problem]:
    """Web pages are known by origin, or all of them may call."""
    for api_place, _, api in apis(system):
        if api.cors is None:
            continue
        place = f"{api_place}.cors"
        if not api.cors.origins:
            yield Problem(place, "it allows no origin", "name one, or remove `cors`")
        for origin in dict.fromkeys(api.cors.origins):
            if origin != ANY and not ORIGIN.fullmatch(origin):
                fix = 'write it like "https://app.example.com", in lower case and without a path'
                yield Problem(place, f"{origin!r} is no origin", fix)
        if ANY in api.cors.origins and len(api.cors.origins) > 1:
            text = f"{ANY!r} allows every origin, and it is not alone"
            yield Problem(place, text, f"leave {ANY!r} alone, or leave it out")
