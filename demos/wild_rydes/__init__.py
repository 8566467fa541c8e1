"""The demo of Wild Rydes: rides are submitted, and every subscriber's outcome is compared."""

from typing import Final

from demos.wild_rydes.demo import drive

__all__ = ["NAME", "SYSTEM", "drive"]

NAME: Final = "wild-rydes"
SYSTEM: Final = "wild-rydes"
