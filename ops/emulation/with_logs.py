"""MiniStack, with the logs of its functions complete.

MiniStack reads a function's output in a thread and gives a line 50 ms to arrive after the answer.
On a busy machine that is too short: the line is lost, and with it what the demo reports. Here the
pipe itself is asked whether anything is left in it.
"""

import array
import fcntl
import queue
import termios
import time
from typing import Any, Final

from ministack.app import app
from ministack.core.lambda_runtime import Worker

__all__ = ["app"]

# A line on its way from the pipe to the queue is in neither: so often in a row both must be empty.
_QUIET_LOOKS: Final = 5
_LOOK_SECONDS: Final = 0.004
_PATIENCE_SECONDS: Final = 2.0


def _drain(worker: Any, *_: object, **__: object) -> str:
    """Return the lines that the function printed until its pipe has nothing more to give."""
    lines: list[str] = []
    quiet, end = 0, time.monotonic() + _PATIENCE_SECONDS
    while quiet < _QUIET_LOOKS and time.monotonic() < end:
        try:
            lines.append(worker._stderr_queue.get(timeout=_LOOK_SECONDS))
            quiet = 0
        except queue.Empty:
            quiet = 0 if _unread(worker._proc) else quiet + 1
    return "\n".join(lines)


def _unread(process: Any) -> int:
    """Return how many bytes wait in the pipe of a process; none when it has ended."""
    if process is None:
        return 0
    count = array.array("i", [0])
    fcntl.ioctl(process.stderr.fileno(), termios.FIONREAD, count)
    return count[0]


Worker._drain_stderr_bounded = _drain
