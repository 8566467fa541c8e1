"""Logs: on AWS what a function printed is in its log, however busy the machine was.

MiniStack gives a printed line 50 ms to arrive after the function's answer. On a busy machine lines
are late and lost, and with them what the demo reports. Here each invocation ends its output with a
mark, and the mark is waited for.
"""

import queue
import time
from typing import Any, Final

from ministack.core import lambda_runtime
from ministack.core.lambda_runtime import Worker

from ops.emulator_patches.replacing import replace_function, replace_text

_MARK: Final = "\x1aend of output"
# How the worker's script ends: one turn of its loop, then its start.
_END_OF_TURN: Final = "        _real_stdout.flush()\n\nrun()\n"
_WITH_MARK: Final = (
    "        _real_stdout.flush()\n"
    f"        sys.stderr.write({_MARK!r} + chr(10)); sys.stderr.flush()\n\nrun()\n"
)
_LOOK_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 5.0


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


replace_text(lambda_runtime, "_PYTHON_WORKER_SCRIPT", _END_OF_TURN, _WITH_MARK)
_drain_by_time = replace_function(Worker, "_drain_stderr_bounded", _drain, "self")
