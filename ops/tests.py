"""Run pytest on the whole suite."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def arguments(given: Sequence[str], cwd: Path) -> list[str]:
    """Return pytest's arguments, paths made absolute: it runs in the project, people elsewhere."""
    return [_absolute(argument, cwd) for argument in given]


def _absolute(argument: str, cwd: Path) -> str:
    path, separator, test = argument.partition("::")
    exists = not argument.startswith("-") and (cwd / path).exists()
    return f"{cwd / path}{separator}{test}" if exists else argument


def run(root: Path, given: Sequence[str]) -> int:
    """Run pytest and return its exit code."""
    command = [sys.executable, "-m", "pytest", *arguments(given, Path.cwd())]
    return subprocess.run(command, cwd=root, check=False).returncode
