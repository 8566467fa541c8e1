"""Requestor requests strings from Generator, also while one of the two is stopped."""

from typing import Final

from demos.strings.demo import drive

__all__ = ["NAME", "SYSTEM", "drive"]

NAME: Final = "strings"
SYSTEM: Final = "strings"
