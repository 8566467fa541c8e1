"""The rides worth remembering."""

import msgspec

from contracts.unicorn_management import RideCompleted
from messaging import table


def remember(ride: RideCompleted) -> None:
    """Store the ride, once per ride."""
    table.put_once("rides", table.item(**msgspec.to_builtins(ride)))
