"""Stopping a consumer while messages arrive, and starting it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ops.errors import OpsError
from ops.local.aws import Aws
from ops.polling import until

_PATIENCE: Final = 90.0


@contextmanager
def stopped(aws: Aws, function: str) -> Iterator[None]:
    """Let a consumer, by its function, take nothing from its queue meanwhile.

    What it has taken before it finishes.
    """
    found = aws.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    (mapping,) = found
    _switch(aws, mapping["UUID"], "Disabled")
    try:
        yield
    finally:
        _switch(aws, mapping["UUID"], "Enabled")


def _switch(aws: Aws, mapping: str, state: str) -> None:
    """Disable or enable an event source mapping; on AWS that takes a while."""
    aws.functions.update_event_source_mapping(UUID=mapping, Enabled=state == "Enabled")

    def reached() -> bool:
        return aws.functions.get_event_source_mapping(UUID=mapping)["State"] == state

    if not until(reached, _PATIENCE):
        raise OpsError(f"event source mapping {mapping} is not {state} after {_PATIENCE:.0f} s")
