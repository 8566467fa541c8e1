"""Rules on numbers: what Lambda, SQS and API Gateway take (quotas in their developer guides)."""

import re
from collections.abc import Iterator
from typing import Final

from topology.model import Api, Consumer, System
from topology.problems import Problem
from topology.retries import MAX_RECEIVES, longest_delays, receives
from topology.rules.walk import consumers, repeated

# Within these the visibility timeout, 6 x timeout + window, stays under the 43,200 s of SQS.
CONSUMER: Final = (
    ("batch_size", 1, 10_000),
    ("batching_window", 0, 300),
    ("max_concurrency", 2, 1000),
    ("concurrency", 1, 100),
    ("timeout", 1, 900),
    ("memory", 128, 10_240),
)
# An HTTP API waits 30 s for its integration; a function that answers later answers nobody.
API: Final = (("timeout", 1, 30), ("memory", 128, 10_240))
# Segments are plain, {parameters}, or at the end a {greedy+} one.
ROUTE: Final = re.compile(
    r"(GET|POST|PUT|PATCH|DELETE) (/|(/([\w.~-]+|\{\w+\}))+|(/([\w.~-]+|\{\w+\}))*/\{\w+\+\})",
    re.ASCII,
)


def numbers(system: System) -> Iterator[Problem]:
    """Every number of a consumer and an API is within the limits of the service it is for."""
    for place, _, consumer in consumers(system):
        yield from _within(place, consumer, CONSUMER)
    for service in system.services:
        if service.api:
            yield from _within(f"{service.name}.api", service.api, API)


def _within(
    place: str, value: Consumer | Api, limits: tuple[tuple[str, int, int], ...]
) -> Iterator[Problem]:
    for name, low, high in limits:
        if not low <= (number := getattr(value, name)) <= high:
            yield Problem(place, f"{name} is {number}", f"set it from {low} to {high}")


def combined(system: System) -> Iterator[Problem]:
    """Numbers of a consumer that depend on each other agree."""
    for place, _, consumer in consumers(system):
        if consumer.batch_size > 10 and consumer.batching_window < 1 and not consumer.fifo:
            text = f"batch_size is {consumer.batch_size} without a batching_window"
            yield Problem(
                place, text, "set batching_window to at least 1, or batch_size to at most 10"
            )
        bound = consumer.handler_timeout
        if bound is not None and not 0 < bound < consumer.timeout:
            text = f"handler_timeout is {bound} with a timeout of {consumer.timeout}"
            yield Problem(place, text, "set it above 0 and below timeout")
        if consumer.hop_limit < 1:
            yield Problem(place, f"hop_limit is {consumer.hop_limit}", "set it to at least 1")


def attempts(system: System) -> Iterator[Problem]:
    """SQS, which counts receives, gives up on a message later than the runtime does."""
    for place, _, consumer in consumers(system):
        if (needed := receives(consumer)) > MAX_RECEIVES:
            text = f"its {consumer.retry.max_attempts} attempts may take {needed} receives"
            fix = f"lower max_attempts of its retry policy: SQS counts to {MAX_RECEIVES}"
            yield Problem(place, text, fix)


def memories(system: System) -> Iterator[Problem]:
    """An idempotent consumer remembers a message for as long as it may come again."""
    for place, _, consumer in consumers(system):
        if consumer.idempotency is None:
            continue
        retries = sum(longest_delays(consumer.retry))
        if (expiry := consumer.idempotency.expiry) < retries:
            text = f"it forgets a message after {expiry} s, its retries may take {retries:g} s"
            yield Problem(place, text, "raise `expiry`, or set `max_age` of its retry policy")


def routes(system: System) -> Iterator[Problem]:
    """A route is a method and a path that no other route of the API takes."""
    for service in system.services:
        if service.api is None:
            continue
        place = f"{service.name}.api"
        if not service.api.routes:
            yield Problem(place, "it has no routes", "add one, or remove the API")
        for route in service.api.routes:
            if not ROUTE.fullmatch(route):
                yield Problem(place, f"{route!r} is no route", 'write it like "POST /rides/{id}"')
        # API Gateway tells paths apart by their shape, not by the names of their parameters.
        for shape in repeated(re.sub(r"\{\w+", "{", route) for route in service.api.routes):
            yield Problem(place, f"two routes are {shape}", "leave one of them")
