"""What Generator accepts and announces."""

from typing import Annotated, ClassVar

from msgspec import Meta

from contracts.message import Command, Event

Id = Annotated[str, Meta(min_length=1, max_length=128)]
# A string is cut from a SHA-256 digest, written as 64 hexadecimal digits.
Length = Annotated[int, Meta(ge=1, le=64)]
Attempts = Annotated[int, Meta(ge=0, le=1_000)]


class GenerateString(Command, frozen=True, kw_only=True):
    """Generate a string of `length` characters. The same `id` always gives the same string.

    The first `fail_times` attempts fail, so that retries can be watched.
    """

    msg_tag: ClassVar[str] = "GenerateString"

    id: Id
    length: Length
    fail_times: Attempts = 0


class ConfirmString(Command, frozen=True, kw_only=True):
    """Who asked for the string has it."""

    msg_tag: ClassVar[str] = "ConfirmString"

    id: Id


class StringGenerated(Event, frozen=True, kw_only=True):
    """The string that was asked for under `id`."""

    msg_tag: ClassVar[str] = "StringGenerated"

    id: Id
    string: str
