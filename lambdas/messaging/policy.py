"""Policies: pure values that the map states and the runtime obeys."""

from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct

Jitter = Literal["full", "equal", "decorrelated", "none"]

# What a consumer promises about a message that comes twice.
#
# at-least-once  its handler runs for each copy
# completion     a copy that comes after the first was handled is skipped: the runtime looks whether
#                the message is done, and notes afterwards that it is; one read and one write unit
# lease          so is a copy that comes at the same time: the runtime claims the message before its
#                handler runs, and completes it afterwards; two write units
Guarantee = Literal["at-least-once", "completion", "lease"]
# One object: a setting that is the default is left out where it is this very text.
DEFAULT_GUARANTEE: Final = "at-least-once"
# Seconds for which a handled message is remembered by default, and the shortest time: a message may
# wait four days in its queue, and a copy of one that is forgotten is handled again.
DEDUPLICATION_WINDOW: Final = 14 * 86_400
SHORTEST_DEDUPLICATION_WINDOW: Final = 4 * 86_400

# Draws a number between two bounds, e.g. `random.uniform`.
Draw = Callable[[float, float], float]


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """How often and how late a failed message is tried again. Times are seconds.

    `max_attempts` counts the first one. Without a `schedule` the delay after attempt n is `min(cap,
    base * factor ** (n - 1))`, then jittered as in Marc Brooker, "Exponential Backoff And Jitter"
    (AWS Architecture Blog, 2015). A `schedule` lists the delays themselves; its last one repeats. A
    message older than `max_age`, counted from its first receipt, is not tried again.
    """

    max_attempts: int = 5
    base: float = 1.0
    factor: float = 2.0
    cap: float = 900.0
    jitter: Jitter = "full"
    schedule: tuple[float, ...] = ()
    max_age: float | None = None

    def __post_init__(self) -> None:
        """Refuse values under which a message would never end or never wait."""
        if self.max_attempts < 1:
            raise ValueError(
                f"max_attempts is {self.max_attempts}; it counts the first one, so at least 1"
            )
        if self.base < 0 or self.cap < 0 or any(delay < 0 for delay in self.schedule):
            raise ValueError("base, cap and schedule are seconds; none may be negative")
        if self.factor < 1:
            raise ValueError(f"factor is {self.factor}; below 1 the delays would shrink")
        if self.max_age is not None and self.max_age <= 0:
            raise ValueError(f"max_age is {self.max_age}; it is a number of seconds above 0")

    def exhausted(self, attempt: int) -> bool:
        """Whether `attempt`, counted from 1, was the last one allowed."""
        return attempt >= self.max_attempts

    def delay(self, attempt: int, draw: Draw, previous: float | None = None) -> float:
        """Return the seconds to wait after the failed `attempt`, counted from 1.

        `previous` is the delay before this attempt; only decorrelated jitter looks at it.
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
