"""Logs: every line that a function prints is in its log.

MiniStack waits 50 ms after the function's response for printed lines. On a busy machine later lines
are lost. This patch ends the output of each invocation with a mark, and waits for the mark.
"""

import queue
import time
from typing import Any, Final

from ministack.core import lambda_runtime
from ministack.core.lambda_runtime import Worker

from ops.emulator_patches.replacing import replace_function, replace_text

_MARK: Final = "\x1aend of output"
# The end of the worker's script: that of its loop, and the call that starts it.
_END_OF_TURN: Final = "        _real_stdout.flush()\n\nrun()\n"
_WITH_MARK: Final = (
    "        _real_stdout.flush()\n"
    f"        sys.stderr.write({_MARK!r} + chr(10)); sys.stderr.flush()\n\nrun()\n"
)
_POLL_SECONDS: Final = 0.05
_DRAIN_SECONDS: Final = 5.0


def _drain(worker: Any, **options: Any) -> str:
    """Return the printed lines up to the mark, or up to the end of the process."""
    if not worker.config.get("Runtime", "").startswith("python"):
        return str(_drain_by_time(worker, **options))
    lines: list[str] = []
    end = time.monotonic() + _DRAIN_SECONDS
    while time.monotonic() < end:
        ended = not worker._stderr_thread.is_alive()
        try:
            line = worker._stderr_queue.get(timeout=_POLL_SECONDS)
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
