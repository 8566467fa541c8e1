"""Rides are submitted, and every subscriber's outcome is compared with the expected one."""

from typing import Final

from demos.wild_rydes.demo import drive

__all__ = ["NAME", "SYSTEM", "drive"]

NAME: Final = "wild-rydes"
SYSTEM: Final = "wild-rydes"
