"""MiniStack 1.5.33 with two faults mended, so that it does what AWS does where it matters here.

Logs: MiniStack gives a line that a function printed 50 ms to arrive after the function's answer. On
a busy machine lines are late and lost, and with them what the demo reports. Here each invocation
ends its output with a mark, and the mark is waited for.

FIFO topics: MiniStack's CloudFormation does not pass `FifoTopic` on, and its SNS then treats the
topic as a standard one, which loses message groups and with them the order. Their names tell them
apart.
"""

import queue
import time
from typing import Any, Final

from ministack.app import app
from ministack.core import lambda_runtime
from ministack.core.lambda_runtime import Worker
from ministack.services import sns

__all__ = ["app"]

_MARK: Final = "\x1aend of output"
# How the worker's script ends: one turn of its loop, then its start.
_END_OF_TURN: Final = "        _real_stdout.flush()\n\nrun()\n"
_WITH_MARK: Final = (
    "        _real_stdout.flush()\n"
    f"        sys.stderr.write({_MARK!r} + chr(10)); sys.stderr.flush()\n\nrun()\n"
)
_LOOK_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 5.0

_drain_by_time = Worker._drain_stderr_bounded


def _drain(worker: Any, **options: Any) -> str:
    """Return the lines that the function printed until its mark, or until its process has ended."""
    if not worker.config.get("Runtime", "").startswith("python"):
        return str(_drain_by_time(worker, **options))
    lines: list[str] = []
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        ended = not worker._stderr_thread.is_alive()
        try:
            line = worker._stderr_queue.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            if ended:
                break
            continue
        if line == _MARK:
            break
        lines.append(line)
    return "\n".join(lines)


def _is_fifo(topic: dict[str, Any]) -> bool:
    """Whether a topic keeps order; SNS lets the names of these topics alone end so."""
    return str(topic["name"]).endswith(".fifo")


def _mend(script: str) -> str:
    if not script.endswith(_END_OF_TURN):
        raise RuntimeError("this MiniStack runs functions differently: see ops/emulation/mended.py")
    return script.removesuffix(_END_OF_TURN) + _WITH_MARK


lambda_runtime._PYTHON_WORKER_SCRIPT = _mend(lambda_runtime._PYTHON_WORKER_SCRIPT)
Worker._drain_stderr_bounded = _drain
sns._is_fifo_topic = _is_fifo
