"""Virtual time: what every module of the runtime reads instead of the real clocks."""

import sys
import time
from datetime import datetime, tzinfo
from typing import Final

import pytest

from messaging.deadline import Deadline, LambdaContext

START: Final = 1_800_000_000.0


class Clock:
    """Time that passes only when told to. AWS sees `now`; the runtime's wall clock may be wrong,
    all hosts' by `skew`, and that of the host that runs now by `host` more.
    """

    def __init__(self) -> None:
        """Start right."""
        self.elapsed = self.skew = self.host = 0.0

    @property
    def now(self) -> float:
        """The right time, in seconds since 1970."""
        return START + self.elapsed

    def time(self) -> float:
        """Return what the runtime's wall clock shows, as `time.time`."""
        return self.now + self.skew + self.host

    def monotonic(self) -> float:
        """Return the seconds of a clock that nobody sets, as `time.monotonic`."""
        return self.elapsed

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.elapsed += max(0.0, seconds)


def install(clock: Clock, patch: pytest.MonkeyPatch) -> None:
    """Make the runtime read `clock` wherever it reads the time."""

    class Virtual(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(clock.time(), tz)

        @classmethod
        def fromtimestamp(cls, timestamp: float, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            # A plain one, since msgspec writes no others.
            return datetime.fromtimestamp(timestamp, tz)

    for name, module in list(sys.modules.items()):
        if not name.startswith("messaging.") or name.startswith("messaging.testing"):
            continue
        if getattr(module, "time", None) is time:
            patch.setattr(module, "time", clock)
        if getattr(module, "datetime", None) is datetime:
            patch.setattr(module, "datetime", Virtual)

    def of(context: LambdaContext) -> Deadline:
        return Deadline(context.get_remaining_time_in_millis() / 1000, clock.monotonic)

    patch.setattr(Deadline, "of", of)
