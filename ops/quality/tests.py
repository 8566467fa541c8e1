"""Run pytest on the whole suite."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

INVARIANT: Final = "tests/unit/messaging/invariant"


def arguments(given: Sequence[str], cwd: Path) -> list[str]:
    """Return pytest's arguments, paths made absolute: it runs in the project, people elsewhere."""
    return [_absolute(argument, cwd) for argument in given]


def _absolute(argument: str, cwd: Path) -> str:
    path, separator, test = argument.partition("::")
    exists = not argument.startswith("-") and (cwd / path).exists()
    return f"{cwd / path}{separator}{test}" if exists else argument


def run(root: Path, given: Sequence[str]) -> int:
    """Run pytest and return its exit code; without arguments the whole suite.

    The invariant then has a process of its own: Hypothesis draws constants from whatever modules
    are loaded, so only there are its steps the same each time.
    """
    if given:
        return _pytest(root, arguments(given, Path.cwd()))
    return _pytest(root, [INVARIANT]) or _pytest(root, ["--ignore", INVARIANT])


def _pytest(root: Path, given: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", *given]
    return subprocess.run(command, cwd=root, check=False).returncode
