"""The demo of Wild Rydes: rides are submitted, and every subscriber's outcome is compared."""

from ops.demo.wild_rydes.demo import drive

__all__ = ["drive"]
