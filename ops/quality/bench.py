"""Run the benchmarks, a program of its own."""

from collections.abc import Sequence
from pathlib import Path

from ops.quality import child_process


def run(root: Path, names: Sequence[str], *, as_json: bool) -> int:
    """Return 0 only if every goal was met; without names all benchmarks run."""
    return child_process.run(root, "benchmarks", *names, *(("--json",) if as_json else ()))
