"""Putting the runtime of this process on a stage: virtual time, stub clients, smaller limits."""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import pytest

import messaging
from messaging import settings
from messaging.aws import clients as aws
from messaging.consumer.execution import threads
from messaging.sending import address
from messaging.wire import packing
from tests.unit.messaging.invariant import clock as time
from tests.unit.messaging.invariant.profiles import Profile
from tests.unit.messaging.invariant.scheduler import Threading
from tests.unit.messaging.invariant.shapes import QUEUE_BYTES, TOPIC_BYTES
from tests.unit.messaging.invariant.world import World

T = TypeVar("T")

# The runtime imports some modules when it needs them. Here they are imported before the clock is
# replaced.
for _module in pkgutil.walk_packages(messaging.__path__, "messaging."):
    importlib.import_module(_module.name)

# Instead of the 8 KiB of the runtime, in proportion to the smaller messages here.
_ROOM_FOR_RETRY: Final = 3_000


class Stage:
    """Makes one world after the other; the runtime always acts on the newest."""

    def __init__(self, profile: Profile, patch: pytest.MonkeyPatch) -> None:
        """Put the runtime on it until `patch` is undone."""
        self._profile, self._clock = profile, time.Clock()
        self._world = self.new_world()
        time.install(self._clock, patch)
        self._small(patch)
        patch.setattr(aws, "client", lambda service: self._world.client(service))
        patch.setattr(threads, "threading", Threading(lambda: self._world.scheduler()))
        _everywhere("in_parallel", self._one_by_one, patch)
        for name, text in profile.config.to_environment().items():
            patch.setenv(name, text)
        settings.settings.cache_clear()

    def new_world(self) -> World:
        """Return a new world."""
        self._world = World(self._profile, self._clock)
        return self._world

    def _small(self, patch: pytest.MonkeyPatch) -> None:
        """Let little be much: messages are small, and so is what fits into a queue."""
        _everywhere("MAX_QUEUE_BYTES", QUEUE_BYTES, patch)
        patch.setitem(address.LIMITS, "topic", TOPIC_BYTES)
        patch.setattr(packing, "ROOM_FOR_RETRY", _ROOM_FOR_RETRY)
        patch.setattr(packing, "_SURELY_SMALL", QUEUE_BYTES // 5)

    def _one_by_one(self, do: Callable[[T], object], items: Sequence[T]) -> None:
        """Do in any order what is done in parallel; a death in between leaves some of it undone."""
        for item in self._world.random.sample(list(items), len(items)):
            do(item)


def _everywhere(name: str, value: object, patch: pytest.MonkeyPatch) -> None:
    for module in [each for key, each in sys.modules.items() if key.startswith("messaging.")]:
        if name in vars(module):
            patch.setattr(module, name, value)
