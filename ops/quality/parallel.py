"""Run commands side by side, as many at a time as two cores are worth."""

import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Final

from ops.local import processes

AT_ONCE: Final = 2


@dataclass(frozen=True)
class Command:
    """A command line with a name for people."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code, its own time in seconds, stdout and stderr together."""

    command: Command
    code: int
    seconds: float
    output: str


OnLine = Callable[[Command, str], None]


def _ignore(command: Command, line: str) -> None:
    """Show nothing before the end."""


def run(
    commands: Sequence[Command], *, cwd: Path, env: Mapping[str, str], on_line: OnLine = _ignore
) -> Iterator[Result]:
    """Yield the results in the order of the commands; `on_line` gets each line as it comes.

    Left early, this ends the processes that still run and all their children.
    """
    runner = _Runner(deque(commands), cwd, env, on_line)
    try:
        for command in commands:
            yield runner.result(command)
    finally:
        runner.stop()


@dataclass
class _Running:
    process: "subprocess.Popen[str]"
    begun: float
    lines: list[str] = field(default_factory=list)


@dataclass
class _Runner:
    waiting: deque[Command]
    cwd: Path
    env: Mapping[str, str]
    on_line: OnLine
    running: dict[Command, _Running] = field(default_factory=dict)
    results: dict[Command, Result] = field(default_factory=dict)
    # Lines of all processes; None after a process's last one.
    queue: "SimpleQueue[tuple[Command, str | None]]" = field(default_factory=SimpleQueue)

    def result(self, command: Command) -> Result:
        """Run until this command has ended."""
        while command not in self.results:
            while self.waiting and len(self.running) < AT_ONCE:
                self._start(self.waiting.popleft())
            self._take(*self.queue.get())
        return self.results[command]

    def stop(self) -> None:
        """End what still runs."""
        for each in self.running.values():
            processes.stop_tree(each.process.pid)
            each.process.wait()

    def _start(self, command: Command) -> None:
        process = subprocess.Popen(
            command.arguments,
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self.running[command] = _Running(process, time.monotonic())
        Thread(target=self._read, args=(command, process), daemon=True).start()

    def _read(self, command: Command, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.queue.put((command, line.rstrip("\n")))
        self.queue.put((command, None))

    def _take(self, command: Command, line: str | None) -> None:
        each = self.running[command]
        if line is not None:
            each.lines.append(line)
            self.on_line(command, line)
            return
        code, seconds = each.process.wait(), time.monotonic() - each.begun
        del self.running[command]
        self.results[command] = Result(command, code, seconds, "\n".join(each.lines).strip())
