"""What Warehouse accepts and announces."""

from typing import ClassVar

from contracts.message import Command, Event


class Move(Command, frozen=True, kw_only=True):
    """Take an item to another place; `failures` is how many attempts to write it down fail."""

    msg_tag: ClassVar[str] = "Move"
    group: ClassVar[str | None] = "item"

    item: str
    to: str
    failures: int = 0
    note: int = 0


class Moved(Event, frozen=True, kw_only=True):
    """An item is in another place. The note has as many characters as asked for."""

    msg_tag: ClassVar[str] = "Moved"
    group: ClassVar[str | None] = "item"

    item: str
    to: str
    failures: int = 0
    note: str = ""
