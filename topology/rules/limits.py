"""Rules on numbers: limits of Lambda, SQS and API Gateway (quotas in their developer guides)."""

from collections.abc import Iterator
from typing import Final, get_args

from messaging.policy import SHORTEST_DEDUPLICATION_WINDOW, Guarantee
from topology.model import System
from topology.problems import Problem
from topology.retries import MAX_RECEIVES, longest_delays, receives
from topology.rules.walk import apis, consumers, functions

Limits = tuple[tuple[str, int, int], ...]

TIMEOUT: Final = ("timeout", 1, 900)
MEMORY: Final = ("memory", 128, 10_240)
# With these, the visibility timeout, 6 x timeout + window, is below the 43,200 s of SQS.
CONSUMER: Final = (
    ("batch_size", 1, 10_000),
    ("batching_window", 0, 300),
    ("max_concurrency", 2, 1000),
    ("concurrency", 1, 100),
    TIMEOUT,
    MEMORY,
)
FUNCTION: Final = (TIMEOUT, MEMORY)
# An HTTP API waits 30 s for its integration; a later response is dropped.
MAX_INTEGRATION: Final = 30
API: Final = (("timeout", 1, MAX_INTEGRATION), MEMORY)
# CreateApi: Cors, MaxAge.
CORS: Final = (("max_age", -1, 86_400),)
# An HTTP API waits 10 s for its authorizer. CreateAuthorizer: AuthorizerResultTtlInSeconds.
AUTHORIZER: Final = (("timeout", 1, 10), MEMORY, ("cache", 0, 3_600))


def numbers(system: System) -> Iterator[Problem]:
    """Every number is within the limits of its AWS service."""
    for element, value, limits in _limited(system):
        for name, low, high in limits:
            if not low <= (number := getattr(value, name)) <= high:
                yield Problem(element, f"{name} is {number}", f"set it from {low} to {high}")


def _limited(system: System) -> Iterator[tuple[str, object, Limits]]:
    for element, _, consumer in consumers(system):
        yield element, consumer, CONSUMER
    for element, _, function in functions(system):
        yield element, function, FUNCTION
    for element, _, api in apis(system):
        yield element, api, API
        if api.cors:
            yield f"{element}.cors", api.cors, CORS
        if api.authorizer:
            yield f"{element}.authorizer", api.authorizer, AUTHORIZER


def guarantees(system: System) -> Iterator[Problem]:
    """Every guarantee is one of the runtime's."""
    known = get_args(Guarantee)
    for element, _, consumer in consumers(system):
        if consumer.guarantee not in known:
            text = f"guarantee is {consumer.guarantee!r}"
            yield Problem(element, text, f"choose one of {', '.join(known)}")


def payload_checks(system: System) -> Iterator[Problem]:
    """Payloads are compared only where handled messages are remembered."""
    for element, _, consumer in consumers(system):
        if consumer.payload_check and not consumer.idempotent:
            text = f"payload_check with guarantee {consumer.guarantee!r}"
            yield Problem(element, text, "set guarantee to lease or completion, or leave it out")


def combined(system: System) -> Iterator[Problem]:
    """Numbers of a consumer that depend on each other are consistent."""
    for element, _, consumer in consumers(system):
        if consumer.batch_size > 10 and consumer.batching_window < 1 and not consumer.fifo:
            text = f"batch_size is {consumer.batch_size} without a batching_window"
            yield Problem(
                element, text, "set batching_window to at least 1, or batch_size to at most 10"
            )
        bound = consumer.handler_timeout
        if bound is not None and not 0 < bound < consumer.timeout:
            text = f"handler_timeout is {bound} with a timeout of {consumer.timeout}"
            yield Problem(element, text, "set it above 0 and below timeout")
        if consumer.hop_limit < 1:
            yield Problem(element, f"hop_limit is {consumer.hop_limit}", "set it to at least 1")


def receive_counts(system: System) -> Iterator[Problem]:
    """`maxReceiveCount`, which must exceed the attempts, is within the limit of SQS."""
    for element, _, consumer in consumers(system):
        if (needed := receives(consumer)) > MAX_RECEIVES:
            text = f"its {consumer.retry.max_attempts} attempts may take {needed} receives"
            fix = f"lower max_attempts of its retry policy: SQS counts to {MAX_RECEIVES}"
            yield Problem(element, text, fix)


def deduplication_windows(system: System) -> Iterator[Problem]:
    """The deduplication window covers the time for which a message may wait and be retried."""
    for element, _, consumer in consumers(system):
        if not consumer.idempotent:
            continue
        retries = sum(longest_delays(consumer.retry))
        if (window := consumer.deduplication_window) < SHORTEST_DEDUPLICATION_WINDOW:
            text = f"deduplication_window is {window} s; a message may wait 4 days in its queue"
            yield Problem(element, text, f"set it to at least {SHORTEST_DEDUPLICATION_WINDOW}")
        elif window < retries:
            text = f"deduplication_window is {window} s, its retries may take {retries:g} s"
            yield Problem(element, text, "raise it, or set `max_age` of its retry policy")
