"""Finds and ends processes of the emulator and children of this process."""

import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ops.local.environment import MARKER

# Seconds: the start time of a process depends on the system clock, which may be set.
_CLOCK_TOLERANCE = 1.0


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _marker(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARKER)
    except (psutil.Error, OSError):
        return None


def find(pid: int, create_time: float, home: Path) -> psutil.Process | None:
    """Return the process, None if it has ended; its id may belong to another process by now."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - create_time) < _CLOCK_TOLERANCE
        return process if same and _alive(process) and _marker(process) == str(home) else None
    except psutil.NoSuchProcess:
        return None


def marked(home: Path) -> list[psutil.Process]:
    """Return the emulator of this folder and its children, also orphans, oldest first."""
    found = {
        process
        for process in psutil.process_iter()
        if _marker(process) == str(home) and _alive(process)
    }
    for process in tuple(found):
        found.update(_descendants(process))
    return sorted(found, key=lambda process: process.create_time())


def stop(processes: Iterable[psutil.Process], grace: float = 3.0) -> list[psutil.Process]:
    """Terminate processes, and kill them after `grace` seconds; return the ended ones."""
    targets = list(processes)
    for process in targets:
        _signal(process, kill=False)
    gone, stubborn = psutil.wait_procs(targets, timeout=grace)
    for process in stubborn:
        _signal(process, kill=True)
    return [*gone, *psutil.wait_procs(stubborn, timeout=grace)[0]]


def stop_tree(pid: int) -> None:
    """End a child of this process and all its descendants."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    stop([process, *_descendants(process)])


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, *, kill: bool) -> None:
    # psutil signals no other process that got the same id.
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        return


@contextmanager
def many_files() -> Iterator[None]:
    """Raise the limit of open files for a child process: each Lambda worker needs three."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
