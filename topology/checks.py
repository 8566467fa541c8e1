"""The rules of a topology, checked before a stack is built; each problem names its fix."""

from collections.abc import Callable, Iterator
from typing import Final

from topology.model import System
from topology.problems import Problem, TopologyError
from topology.rules import (
    apis,
    consumers,
    conversations,
    fifo,
    handlers,
    invocations,
    limits,
    messages,
    naming,
    uses,
)

__all__ = ["RULES", "Problem", "TopologyError", "check", "problems"]

RULES: Final[tuple[Callable[[System], Iterator[Problem]], ...]] = (
    naming.system_name,
    naming.service_names,
    naming.packages,
    naming.stack_names,
    handlers.handler_and_table_names,
    handlers.reserved_names,
    handlers.function_names,
    messages.one_publisher,
    messages.published_events,
    messages.tags,
    messages.attributes,
    consumers.reachable,
    consumers.each_message_once,
    consumers.filter_attributes,
    consumers.filter_policies,
    consumers.filter_policies_per_topic,
    limits.numbers,
    limits.combined,
    limits.guarantees,
    limits.payload_checks,
    limits.receive_counts,
    limits.deduplication_windows,
    fifo.sources,
    fifo.groups,
    fifo.batches,
    fifo.delays,
    fifo.time_limits,
    conversations.accepted_commands,
    conversations.each_command_once,
    conversations.one_queue,
    conversations.reserved_messages,
    conversations.time_limits,
    invocations.invoked_commands,
    invocations.one_function,
    invocations.functions_without_commands,
    apis.routes,
    apis.commands,
    apis.command_timeouts,
    apis.guarded_routes,
    apis.cors_origins,
    uses.table_actions,
    uses.unused_tables,
    uses.parts_of_the_service,
    uses.recipients,
)


def problems(system: System) -> list[Problem]:
    """Return every problem of a system, rule by rule, each once."""
    return list(dict.fromkeys(problem for rule in RULES for problem in rule(system)))


def check(system: System) -> None:
    """Raise one TopologyError that lists every problem of a system."""
    if found := problems(system):
        raise TopologyError(system.name, found)
