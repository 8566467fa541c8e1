"""The systems that can be deployed, by name."""

from collections.abc import Mapping
from typing import Final

from topology import strings, wild_rydes
from topology.model import System

SYSTEMS: Final[Mapping[str, System]] = {
    system.name: system for system in (wild_rydes.system, strings.system)
}


class UnknownSystem(LookupError):
    """No system has this name."""


def find(name: str) -> System:
    """Return the system of a name; raises UnknownSystem, which lists the names there are."""
    if name not in SYSTEMS:
        raise UnknownSystem(
            f"there is no system {name!r}, only {', '.join(SYSTEMS)} (see topology/systems.py)"
        )
    return SYSTEMS[name]
