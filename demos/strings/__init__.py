"""The demo of Requestor and Generator: strings are asked for while either side is stopped."""

from typing import Final

from demos.strings.demo import drive

__all__ = ["NAME", "SYSTEM", "drive"]

NAME: Final = "strings"
SYSTEM: Final = "strings"
