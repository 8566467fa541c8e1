"""What is deployed unless another system or stage is named, and the systems by name."""

from typing import Final

from ops.errors import OpsError
from topology import registry
from topology.model import System
from topology.registry import UnknownSystem

STAGE: Final = "local"


def load(name: str) -> System:
    """Return a system; raises OpsError, which lists the systems there are."""
    try:
        return registry.find(name)
    except UnknownSystem as error:
        raise OpsError(str(error)) from None


def default() -> str:
    """Return the name of the system that cdk.json names; raises OpsError when it names none."""
    try:
        return registry.default()
    except UnknownSystem as error:
        raise OpsError(str(error)) from None
