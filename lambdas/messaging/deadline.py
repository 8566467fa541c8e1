"""Time: what is left of an invocation, and the limit of one handler."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol, Self, TypeVar

from messaging.errors import HandlerTimedOut

T = TypeVar("T")

# Kept back at the end of an invocation to publish, requeue and dead-letter: a share of it, within
# bounds (seconds).
_RESERVE_SHARE: Final = 0.15
_RESERVE_BOUNDS: Final = (0.5, 5.0)
# A handler that swallows the interruption is interrupted again after this many seconds.
_INSIST_EVERY: Final = 0.5
# Seconds that a timer may strike before its time by another clock.
_EARLY: Final = 0.005


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


class Interrupter:
    """Ends calls that run past their time: a context within which `call` may be used any number of
    times.

    A signal interrupts Python code and blocking calls, but only in the main thread, where Lambda
    runs handlers; elsewhere calls are unlimited and the function's own timeout is what ends them.
    """

    def __init__(self) -> None:
        """Prepare; entering the context installs the signal's handler, once for all calls."""
        self._works = threading.current_thread() is threading.main_thread()
        # When the running call's time is over (monotonic), None between calls.
        self._end: float | None = None
        self._seconds = 0.0

    def __enter__(self) -> Self:
        """Take the signal."""
        if self._works:
            self._before = signal.signal(signal.SIGALRM, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signal back."""
        if self._works:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def call(self, seconds: float, function: Callable[[], T]) -> T:
        """Call `function` and interrupt it with HandlerTimedOut after `seconds`."""
        if not self._works:
            return function()
        if signal.getsignal(signal.SIGALRM) != self._interrupt:
            # A handler used the signal for itself and did not put it back.
            signal.signal(signal.SIGALRM, self._interrupt)
        # Not stopped after the call, since the next one sets it anew: without an end it is silent.
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), _INSIST_EVERY)
        try:
            try:
                self._seconds, self._end = seconds, time.monotonic() + seconds
                return function()
            finally:
                self._end = None
        finally:
            # Again, since the signal may still strike while the inner block begins.
            self._end = None

    def _interrupt(self, _signal: int, _frame: object) -> None:
        # A signal of the call before may arrive late; this one's comes again if it was early.
        if self._end is not None and time.monotonic() >= self._end - _EARLY:
            raise HandlerTimedOut(f"the handler did not finish within {self._seconds:.1f} s")
