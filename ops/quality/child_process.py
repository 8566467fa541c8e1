"""Run a module of this project in a process of its own."""

import subprocess
import sys
from pathlib import Path

from ops.local import processes


def run(root: Path, module: str, *arguments: str) -> int:
    """Return the exit code of `python -m module`; left early, end the process and its children."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=root)
    try:
        return process.wait()
    finally:
        # Not after its end: the process id may belong to another process by then.
        if process.poll() is None:
            processes.stop_tree(process.pid)
            process.wait()
