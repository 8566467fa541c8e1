"""The systems by name, and the default system and stage."""

from typing import Final

from ops.errors import OpsError, UnknownName
from topology import registry
from topology.model import System
from topology.registry import UnknownSystem

STAGE: Final = "local"


def load(name: str) -> System:
    """Return a system; raises UnknownName, or OpsError for a broken folder systems/."""
    try:
        found = registry.systems()
    except UnknownSystem as error:
        raise OpsError(str(error)) from None
    if name not in found:
        raise UnknownName("system", name, found)
    return found[name]


def default() -> str:
    """Return the system name in cdk.json; raises OpsError if there is none."""
    try:
        return registry.default()
    except UnknownSystem as error:
        raise OpsError(str(error)) from None
