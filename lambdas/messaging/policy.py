"""Policies: values that the topology sets and the runtime applies."""

from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct

Jitter = Literal["full", "equal", "decorrelated", "none"]

# How often the handler of a consumer runs for copies of one message.
#
# at-least-once  once for each copy
# completion     a copy that is received after the first one was handled is skipped: the runtime
#                reads whether the message is done, and writes it afterwards; one read and one write
#                unit of DynamoDB
# lease          a copy that is received at the same time does not run either: the runtime claims
#                the message before the handler runs, and completes the claim afterwards; two write
#                units
Guarantee = Literal["at-least-once", "completion", "lease"]
# One object: a default is left out of the settings only where it is this very object.
DEFAULT_GUARANTEE: Final = "at-least-once"
# Seconds for which a handled message is remembered: the default, and the minimum. A message may
# wait four days in its queue, and a copy of a forgotten message is handled again.
DEDUPLICATION_WINDOW: Final = 14 * 86_400
SHORTEST_DEDUPLICATION_WINDOW: Final = 4 * 86_400

# Draws a number between two bounds, e.g. `random.uniform`.
Draw = Callable[[float, float], float]


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """How often and after which delays a failed message is retried. Times are seconds.

    `max_attempts` includes the first attempt. Without a `schedule` the delay after attempt n is
    `min(cap, base * factor ** (n - 1))`, with `jitter` as in Marc Brooker, "Exponential Backoff And
    Jitter" (AWS Architecture Blog, 2015). A `schedule` lists the delays instead; the last one
    repeats. A message older than `max_age`, counted from its first receipt, is not retried.
    """

    max_attempts: int = 5
    base: float = 1.0
    factor: float = 2.0
    cap: float = 900.0
    jitter: Jitter = "full"
    schedule: tuple[float, ...] = ()
    max_age: float | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for values out of range."""
        if self.max_attempts < 1:
            raise ValueError(
                f"max_attempts is {self.max_attempts}; it must be at least 1, the first attempt"
            )
        if self.base < 0 or self.cap < 0 or any(delay < 0 for delay in self.schedule):
            raise ValueError("base, cap and schedule are seconds and must not be negative")
        if self.factor < 1:
            raise ValueError(
                f"factor is {self.factor}; it must be at least 1, or the delays would shrink"
            )
        if self.max_age is not None and self.max_age <= 0:
            raise ValueError(f"max_age is {self.max_age}; it must be a number of seconds above 0")

    def exhausted(self, attempt: int) -> bool:
        """Whether `attempt`, counted from 1, is the last one allowed."""
        return attempt >= self.max_attempts

    def delay(self, attempt: int, draw: Draw, previous: float | None = None) -> float:
        """Return the seconds to wait after the failed `attempt`, counted from 1.

        `draw` returns a random number between two bounds. `previous` is the delay before this
        attempt; only decorrelated jitter uses it.
        """
        if self.schedule:
            return self.schedule[min(attempt, len(self.schedule)) - 1]
        # A large exponent overflows a float before the cap is applied.
        ceiling = min(self.cap, self.base * self.factor ** min(attempt - 1, 64))
        match self.jitter:
            case "full":
                return draw(0, ceiling)
            case "equal":
                return ceiling / 2 + draw(0, ceiling / 2)
            case "decorrelated":
                return min(self.cap, draw(self.base, max(self.base, (previous or self.base) * 3)))
            case "none":
                return ceiling
