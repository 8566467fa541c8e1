"""Killing workers in the middle of their work: only children of the emulator started here."""

import random
import threading
from dataclasses import dataclass, field
from typing import Final

import psutil

from tests.flows.chaos.journal import Journal

_LOOK_SECONDS: Final = 0.1


@dataclass
class Killer:
    """Kills a worker for about every so many invocations, so that work goes on however slow it is.

    Only those that are in an invocation, by the journal: one that is killed while it starts makes
    MiniStack drop all workers of its function, so that soon none gets to work.
    """

    emulator: int
    journal: Journal
    every: int
    killed: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Prepare; the block starts and ends it."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Killer":
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill no more."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        due = self.journal.ended
        while not self._over.wait(random.uniform(0, 2) * _LOOK_SECONDS):
            self.journal.follow()
            if self.journal.ended >= due and self._kill_one():
                due = self.journal.ended + random.randint(1, 2 * self.every - 1)

    def _kill_one(self) -> bool:
        busy = list(self.journal.busy.items())
        if not busy:
            return False
        request, pid = random.choice(busy)
        del self.journal.busy[request]
        return self._kill(pid)

    def _kill(self, pid: int) -> bool:
        try:
            process = psutil.Process(pid)
            if process.ppid() != self.emulator:
                return False
            process.kill()
        except psutil.NoSuchProcess:
            return False
        self.killed.append(pid)
        return True
