"""Stop a consumer while messages arrive, and start it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from ops.errors import OpsError
from ops.local.aws import Aws
from ops.polling import wait_until

State = Literal["Enabled", "Disabled"]

_SECONDS: Final = 90.0


@contextmanager
def stopped(aws: Aws, function: str) -> Iterator[None]:
    """Disable the event source mapping of a consumer's function inside the block.

    Messages that the function received before are still handled.
    """
    found = aws.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    (mapping,) = found
    _set_state(aws, mapping["UUID"], "Disabled")
    try:
        yield
    finally:
        _set_state(aws, mapping["UUID"], "Enabled")


def _set_state(aws: Aws, mapping: str, state: State) -> None:
    """Enable or disable an event source mapping, and wait until it is, which takes AWS a while."""
    aws.functions.update_event_source_mapping(UUID=mapping, Enabled=state == "Enabled")

    def reached() -> bool:
        return aws.functions.get_event_source_mapping(UUID=mapping)["State"] == state

    what = f"state {state} of event source mapping {mapping}"
    try:
        wait_until(reached, what, seconds=_SECONDS)
    except TimeoutError as error:
        raise OpsError(str(error)) from None
