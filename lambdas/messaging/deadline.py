"""Time: what is left of an invocation, and the limit of one handler."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from messaging.errors import HandlerTimedOut

T = TypeVar("T")

# Kept back at the end of an invocation to publish, requeue and dead-letter: a share of it, within
# bounds (seconds).
_RESERVE_SHARE: Final = 0.15
_RESERVE_BOUNDS: Final = (0.5, 5.0)
# A handler that swallows the interruption is interrupted again after this many seconds.
_INSIST_EVERY: Final = 0.5


class LambdaContext(Protocol):
    """What the runtime needs of the context object that Lambda passes."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""


class Deadline:
    """The end of an invocation, less the time that settling the batch needs."""

    def __init__(self, remaining: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start counting from `remaining` seconds."""
        low, high = _RESERVE_BOUNDS
        self.reserve = min(max(remaining * _RESERVE_SHARE, low), high)
        self._clock = clock
        self._end = clock() + remaining - self.reserve

    @classmethod
    def of(cls, context: LambdaContext) -> "Deadline":
        """Return the deadline of a Lambda invocation."""
        return cls(context.get_remaining_time_in_millis() / 1000)

    def remaining(self) -> float:
        """Return the seconds that handlers may still use; negative when they are used up."""
        return self._end - self._clock()

    def limit(self, handler_timeout: float | None, waiting: int) -> float:
        """Return the seconds that the next handler may take while `waiting` others stand behind it.

        Without a limit of its own a handler may take all that is left, or half of it when others
        wait, so that one that hangs cannot use up the time of all of them.
        """
        left = self.remaining()
        return min(handler_timeout or left, left / 2 if waiting and not handler_timeout else left)


def call_within(seconds: float, function: Callable[[], T]) -> T:
    """Call `function` and interrupt it with HandlerTimedOut after `seconds`.

    A signal interrupts Python code and blocking calls, but only in the main thread, where Lambda
    runs handlers; elsewhere the call is unlimited and the function's own timeout is what ends it.
    """
    if threading.current_thread() is not threading.main_thread():
        return function()
    armed = True

    def interrupt(_signal: int, _frame: object) -> None:
        if armed:
            raise HandlerTimedOut(f"the handler did not finish within {seconds:.1f} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), _INSIST_EVERY)
    try:
        try:
            return function()
        finally:
            armed = False
    finally:
        # In a block of its own, since the signal may still strike while the inner one begins.
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
