"""Waiting for something to become true."""

import time
from collections.abc import Callable
from typing import Final

_POLL: Final = 0.2


def until(look: Callable[[], bool], seconds: float) -> bool:
    """Look again and again for so many seconds; return whether it became true."""
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() >= end:
            return False
        time.sleep(_POLL)
    return True
