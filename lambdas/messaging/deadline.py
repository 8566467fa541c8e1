"""Time limits: the rest of an invocation, and the limit of one handler."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol, Self, TypeVar

from messaging.errors import HandlerTimedOut

T = TypeVar("T")

# The end of an invocation that is reserved for publishing, requeueing and dead-lettering: a share
# of the remaining time, within bounds (seconds).
_RESERVE_SHARE: Final = 0.15
_RESERVE_BOUNDS: Final = (0.5, 5.0)
# Seconds after which a handler that catches the interruption is interrupted again.
_INSIST_EVERY: Final = 0.5
# Seconds by which the timer may fire early, measured by the monotonic clock.
_EARLY: Final = 0.005


class LambdaContext(Protocol):
    """The part of Lambda's context object that the runtime uses."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""


class Deadline:
    """The end of an invocation, less the reserve for settling the batch. Times are seconds."""

    def __init__(self, remaining: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Set the end to `remaining` seconds from now, less the reserve."""
        low, high = _RESERVE_BOUNDS
        self.reserve = min(max(remaining * _RESERVE_SHARE, low), high)
        self._clock = clock
        self._end = clock() + remaining - self.reserve

    @classmethod
    def of(cls, context: LambdaContext) -> "Deadline":
        """Return the deadline of a Lambda invocation."""
        return cls(context.get_remaining_time_in_millis() / 1000)

    def remaining(self) -> float:
        """Return the seconds that handlers may still use, negative after the deadline."""
        return self._end - self._clock()

    def limit(self, handler_timeout: float | None, following: int) -> float:
        """Return the seconds that the next handler may take; `following` handlers run after it.

        Without a `handler_timeout` this is all the remaining time, or half of it if other handlers
        follow, so that a handler that hangs leaves time for them.
        """
        left = self.remaining()
        return min(handler_timeout or left, left / 2 if following and not handler_timeout else left)


class Interrupter:
    """A context manager whose `call` interrupts functions that exceed their time limit.

    A signal interrupts Python code and blocking system calls, but only in the main thread, where
    Lambda runs handlers. In other threads `call` sets no limit; there the function's own timeout
    ends the invocation.
    """

    def __init__(self) -> None:
        """Prepare; entering the context installs the signal's handler once for all calls."""
        self._in_main_thread = threading.current_thread() is threading.main_thread()
        # The end of the running call's time (monotonic), None between calls.
        self._end: float | None = None
        self._seconds = 0.0

    def __enter__(self) -> Self:
        """Install the signal's handler."""
        if self._in_main_thread:
            self._before = signal.signal(signal.SIGALRM, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the former handler of the signal."""
        if self._in_main_thread:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def call(self, seconds: float, function: Callable[[], T]) -> T:
        """Return what `function` returns; raise HandlerTimedOut in it after `seconds`."""
        if not self._in_main_thread:
            return function()
        if signal.getsignal(signal.SIGALRM) != self._interrupt:
            # A handler has used the signal for itself and not restored it.
            signal.signal(signal.SIGALRM, self._interrupt)
        # Not stopped after the call: the next call sets it, and without an end it does nothing.
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), _INSIST_EVERY)
        try:
            try:
                self._seconds, self._end = seconds, time.monotonic() + seconds
                return function()
            finally:
                self._end = None
        finally:
            # Again, since the signal may still arrive while the inner block begins.
            self._end = None

    def _interrupt(self, _signal: int, _frame: object) -> None:
        # The signal of the previous call may arrive late; an early signal of this call is repeated.
        if self._end is not None and time.monotonic() >= self._end - _EARLY:
            raise HandlerTimedOut(f"the handler did not finish within {self._seconds:.1f} s")
