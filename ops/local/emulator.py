"""Starts and stops the emulator, MiniStack. It listens on loopback and keeps no data."""

import fcntl
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ops.errors import EmulatorFailed, NotUp, OpsError
from ops.local import environment, ports, processes, state
from ops.local.environment import LOOPBACK
from ops.local.state import Emulator
from ops.paths import ROOT, tail

_START_SECONDS = 30.0
_POLL_SECONDS = 0.05
# MiniStack with patches; hypercorn imports the file, whose folder it adds to sys.path.
APP = ROOT / "ops" / "emulator_patches" / "patched.py"
# Hypercorn directly: MiniStack's own entry point also listens on port 443 if it can.
_COMMAND = ("-P", "-m", "hypercorn", f"{APP}:app", "--workers", "0", "--keep-alive", "75")
# The emulators of this process, so that it collects their exit codes and leaves no zombie.
_children: list[subprocess.Popen[bytes]] = []


def log_file(home: Path) -> Path:
    """Return the file with the emulator's output."""
    return home / "emulator.log"


def running(home: Path) -> Emulator | None:
    """Return the emulator of this folder if it is alive."""
    known = state.read_emulator(home)
    return known if known and processes.find(known.pid, known.create_time, home) else None


def require(home: Path) -> Emulator:
    """Return the running emulator; raises NotUp."""
    found = running(home)
    if found is None:
        raise NotUp
    return found


def start(home: Path, port: int | None = None) -> tuple[Emulator, bool]:
    """Start the emulator unless it is up; return it and whether this call started it.

    Raises PortTaken, EmulatorFailed, or OpsError if the emulator is up on another port.
    """
    home.mkdir(parents=True, exist_ok=True)
    with _exclusive(home):
        found = running(home)
        if found is None:
            _clear(home)
            return _launch(home, ports.reserve(port)), True
    if port not in (None, found.port):
        raise OpsError(
            f"the emulator is already up on port {found.port}. Stop it first: ./waystation down"
        )
    return found, False


def stop(home: Path) -> int:
    """End the emulator and its children, also those of a killed one; return the number ended."""
    if not home.exists():
        return 0
    with _exclusive(home):
        return _clear(home)


def _clear(home: Path) -> int:
    stopped = 0
    # Repeated until no process is left: a worker may start while the others end.
    while found := processes.marked(home):
        gone = processes.stop(found)
        if not gone:
            raise OpsError(
                f"could not end the processes {', '.join(str(process.pid) for process in found)}"
            )
        stopped += len(gone)
    _children[:] = [child for child in _children if child.poll() is None]
    state.forget(home)
    shutil.rmtree(home / "tmp", ignore_errors=True)
    return stopped


def _launch(home: Path, listener: socket.socket) -> Emulator:
    """Start a process on a listening socket, so that no other process takes the port meanwhile."""
    port = listener.getsockname()[1]
    (home / "tmp").mkdir(exist_ok=True)
    with listener, log_file(home).open("wb") as log, processes.many_files():
        process = subprocess.Popen(
            [sys.executable, *_COMMAND, "--bind", f"fd://{listener.fileno()}"],
            pass_fds=(listener.fileno(),),
            cwd=home / "tmp",
            env=environment.for_emulator(os.environ, home, port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children.append(process)
    try:
        _wait_until_ready(process, home, port)
        emulator = Emulator(process.pid, psutil.Process(process.pid).create_time(), port)
        state.write(home, emulator)
    except BaseException:
        _clear(home)
        raise
    return emulator


def _wait_until_ready(process: subprocess.Popen[bytes], home: Path, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if (code := process.poll()) is not None:
            raise EmulatorFailed(
                f"ended with exit code {code}", log_file(home), tail(log_file(home))
            )
        if healthy(port):
            return
        time.sleep(_POLL_SECONDS)
    raise EmulatorFailed(
        f"did not answer within {_START_SECONDS:.0f} s", log_file(home), tail(log_file(home))
    )


def healthy(port: int) -> bool:
    """Return whether an emulator responds on the port."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _exclusive(home: Path) -> Iterator[None]:
    """Hold a lock, so that one command at a time starts or stops the emulator."""
    with (home / "emulator.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
