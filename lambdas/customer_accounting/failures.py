"""Failures on command, so that retries and dead letters can be watched."""

import os
from typing import Annotated, Final

import msgspec

# JSON: customer -> how many attempts fail.
VARIABLE: Final = "FAILURES"

_Failures = dict[str, Annotated[int, msgspec.Meta(ge=0)]]


class BooksUnavailableError(Exception):
    """The books are not available just now; a later attempt may succeed."""


def fail_on_command(customer: str, attempt: int) -> None:
    """Raise BooksUnavailableError while `attempt`, counted from 1, is one that shall fail."""
    failures = msgspec.json.decode(os.environ.get(VARIABLE, "{}"), type=_Failures)
    failing = failures.get(customer, 0)
    if attempt <= failing:
        # Names no customer: the text ends in logs and dead letters.
        raise BooksUnavailableError(
            f"simulated failure of attempt {attempt}; the first {failing} fail"
        )
