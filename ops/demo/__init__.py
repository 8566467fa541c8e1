"""The demo: deploy an example system, drive it, and show what happened to every message."""

import topology  # noqa: F401  finds the contracts, which demos name

# isort: split
from ops.demo.main import run

__all__ = ["run"]
