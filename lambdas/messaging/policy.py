"""Policies: pure values that the map states and the runtime obeys."""

from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct

Jitter = Literal["full", "equal", "decorrelated", "none"]

# Seconds that a message may wait in its queue: what is forgotten sooner may be handled again.
_SHORTEST_EXPIRY: Final = 4 * 86_400

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


class Idempotency(Struct, frozen=True, kw_only=True):
    """How a message that comes twice is handled once.

    `lease` claims a message before its handler runs and completes it after: safe against copies
    that arrive at the same time; two write units a message. `completion` looks before whether it is
    done, and notes after that it is: safe against every later copy; one read and one write unit a
    message. `expiry` is for how many seconds a handled message is remembered.
    """

    guarantee: Literal["lease", "completion"] = "lease"
    expiry: int = 14 * 86_400

    def __post_init__(self) -> None:
        """Refuse to forget while a copy may still come."""
        if self.expiry < _SHORTEST_EXPIRY:
            raise ValueError(
                f"expiry is {self.expiry} s; a copy may come for {_SHORTEST_EXPIRY} s (4 days)"
            )
