"""The rules of the map, checked before anything is built from it; each problem names its fix."""

from collections.abc import Callable, Iterator
from typing import Final

from topology.model import System
from topology.problems import Problem, TopologyError
from topology.rules import (
    apis,
    calls,
    consumers,
    conversations,
    fifo,
    handlers,
    limits,
    messages,
    naming,
)

__all__ = ["RULES", "Problem", "TopologyError", "check", "problems"]

RULES: Final[tuple[Callable[[System], Iterator[Problem]], ...]] = (
    naming.systems,
    naming.services,
    naming.packages,
    naming.stacks,
    handlers.handlers_and_tables,
    handlers.reserved,
    handlers.invoked_names,
    messages.one_publisher,
    messages.known_events,
    messages.tags,
    messages.attributes,
    consumers.reachable,
    consumers.each_message_once,
    consumers.where,
    consumers.policies,
    consumers.policies_per_topic,
    limits.numbers,
    limits.combined,
    limits.guarantees,
    limits.attempts,
    limits.memories,
    fifo.sources,
    fifo.groups,
    fifo.batches,
    fifo.delays,
    fifo.time_limits,
    conversations.accepted,
    conversations.each_once,
    conversations.one_taker,
    conversations.own_messages,
    conversations.time_limits,
    calls.answered,
    calls.one_answerer,
    calls.useful,
    apis.routes,
    apis.calls,
    apis.waits,
    apis.guarded,
    apis.origins,
)


def problems(system: System) -> list[Problem]:
    """Return every problem of a map, rule by rule, each once."""
    return list(dict.fromkeys(problem for rule in RULES for problem in rule(system)))


def check(system: System) -> None:
    """Raise one TopologyError that lists every problem of a map."""
    if found := problems(system):
        raise TopologyError(system.name, found)
