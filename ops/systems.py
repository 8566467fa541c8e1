"""What is deployed unless somebody says otherwise, and the systems by name."""

from typing import Final

from ops.errors import OpsError
from topology.model import System
from topology.systems import UnknownSystem, find

SYSTEM: Final = "wild-rydes"
STAGE: Final = "local"


def load(name: str) -> System:
    """Return a system, or say which ones there are."""
    try:
        return find(name)
    except UnknownSystem as error:
        raise OpsError(str(error)) from None
