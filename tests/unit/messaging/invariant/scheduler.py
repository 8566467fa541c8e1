"""Threads that run one at a time, in an order that a seed decides: races that can be repeated."""

import math
import threading
from collections.abc import Callable
from random import Random
from types import TracebackType

from tests.unit.messaging.invariant.clock import Clock
from tests.unit.messaging.invariant.faults import ProcessDied


class Gone(BaseException):
    """The process of this thread is over."""


class _Task:
    """A thread and when it may go on (virtual time)."""

    def __init__(self) -> None:
        self.baton = threading.Semaphore(0)
        self.wake = -math.inf
        self.over = False


class Scheduler:
    """Passes a baton among the threads of one process; time passes when all of them wait."""

    def __init__(self, clock: Clock, random: Random) -> None:
        """Begin with the thread that calls this."""
        self._clock, self._random = clock, random
        self._main = self._current = _Task()
        self._tasks = [self._main]
        self._closing = self.died = False
        self.broken: BaseException | None = None

    def spawn(self, target: Callable[[], None]) -> None:
        """Start a thread; it runs when it gets the baton."""
        task = _Task()

        def body() -> None:
            task.baton.acquire()
            try:
                if not self._closing:
                    target()
            except Gone:
                pass
            except ProcessDied:
                self.died = True
            except BaseException as error:  # noqa: BLE001 - it is raised where somebody looks
                self.broken = error
            task.over = True
            self._hand_over(self._choose())

        self._tasks.append(task)
        threading.Thread(target=body, daemon=True).start()

    def pause(self, seconds: float = -math.inf) -> None:
        """Let others run; go on after `seconds` at the earliest, or when woken."""
        me = self._current
        me.wake = self._clock.elapsed + seconds
        following = self._choose()
        if following is not me:
            self._hand_over(following)
            me.baton.acquire()
        if self._closing and me is not self._main:
            raise Gone
        if (self.died or self.broken) and me is self._main and not self._closing:
            raise self.broken or ProcessDied

    def waiting(self) -> _Task:
        """Return the task that runs now, for somebody to wake."""
        return self._current

    def close(self) -> None:
        """End the process: its other threads are gone."""
        self._closing = True
        for task in self._tasks:
            if task is not self._main and not task.over:
                self._hand_over(task)
                self._main.baton.acquire()

    def _choose(self) -> _Task:
        if self._closing or self.died or self.broken:
            return self._main
        alive = [task for task in self._tasks if not task.over]
        earliest = min(task.wake for task in alive)
        self._clock.advance(earliest - self._clock.elapsed)
        return self._random.choice([t for t in alive if t.wake <= self._clock.elapsed])

    def _hand_over(self, task: _Task) -> None:
        self._current = task
        task.baton.release()


class Condition:
    """`threading.Condition` under a scheduler; only its own `wait` lets others in."""

    def __init__(self, scheduler: Scheduler) -> None:
        """Make one without waiters."""
        self._scheduler = scheduler
        self._waiters: list[_Task] = []

    def __enter__(self) -> None:
        self._scheduler.pause()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None: ...

    def wait(self, timeout: float) -> None:
        """Wait for a notification, at most `timeout` seconds."""
        self._waiters.append(self._scheduler.waiting())
        self._scheduler.pause(timeout)

    def notify(self) -> None:
        """Wake who waits."""
        for task in self._waiters:
            task.wake = -math.inf
        self._waiters.clear()


class Threading:
    """What `messaging.threads` needs of the module `threading`."""

    def __init__(self, scheduler: Callable[[], Scheduler]) -> None:
        """Ask `scheduler` for the one of the current process."""
        self._scheduler = scheduler

    def Thread(self, *, target: Callable[[], None], daemon: bool) -> "_Start":  # noqa: N802 - threading's name
        """Return a thread to be started."""
        assert daemon
        return _Start(self._scheduler(), target)

    def Condition(self) -> Condition:  # noqa: N802 - threading's name
        """Return a condition."""
        return Condition(self._scheduler())


class _Start:
    """A thread that is not started yet."""

    def __init__(self, scheduler: Scheduler, target: Callable[[], None]) -> None:
        self._scheduler, self._target = scheduler, target

    def start(self) -> None:
        """Start it."""
        self._scheduler.spawn(self._target)
