"""Run the chaos flow of the tests, and report what became of every message."""

import subprocess
import sys
from pathlib import Path

from ops.local import processes


def run(root: Path, messages: int, *, as_json: bool) -> int:
    """Return 0 only if every message is accounted for; left early, end all that was started."""
    options = ("--messages", str(messages), *(("--json",) if as_json else ()))
    process = subprocess.Popen([sys.executable, "-m", "tests.flows.chaos", *options], cwd=root)
    try:
        return process.wait()
    finally:
        processes.stop_tree(process.pid)
