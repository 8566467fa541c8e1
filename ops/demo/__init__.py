"""The demo: deploy an example system, drive it, and show what happened to every message."""

from ops.demo.main import run

__all__ = ["run"]
