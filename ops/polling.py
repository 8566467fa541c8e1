"""Waiting for something to become true, without a fixed sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    look: Callable[[], T | None], what: str, *, seconds: float = 60, interval: float = 0.1
) -> T:
    """Return the first true result of `look`, which runs at least once; raises TimeoutError, which
    names `what`, when there is none within so many seconds.
    """
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() >= end:
            raise TimeoutError(f"{what} did not come within {seconds:g} s")
        time.sleep(interval)
    return found
