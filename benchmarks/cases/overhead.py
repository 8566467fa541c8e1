"""The time of a record in a warm function whose handler does nothing."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks import orders
from benchmarks.contenders import (
    FUNCTIONS,
    POWERTOOLS,
    WAYSTATION,
    Contenders,
    build,
    variables,
)
from benchmarks.result import Condition, Goal, Result
from benchmarks.suite import Report
from benchmarks.turns import alternate, medians

SIZES: Final = (10, 1_000)
RUNS: Final = 25
_SILENT: Final = f"{FUNCTIONS}.powertools_silent"
_NOTES: Final = (
    "decode, validate, dispatch to a handler that does nothing, log a line a record to /dev/null",
    "waystation also: time limit per handler, metrics line per batch",
)


class Function:
    """A function in a process that stays alive."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Take the process, which reads numbers of records and writes times."""
        self._process = process

    def microseconds(self, records: int) -> float:
        """Handle batches of so many records; return the time of one record."""
        assert self._process.stdin is not None
        assert self._process.stderr is not None
        self._process.stdin.write(f"{records}\n")
        self._process.stdin.flush()
        line = self._process.stderr.readline()
        try:
            return float(line) * 1e6
        except ValueError:
            raise RuntimeError(line + self._process.stderr.read()) from None


@contextmanager
def function(contenders: Contenders, module: str, events: Path) -> Iterator[Function]:
    """Start a function; end its process at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-P", "-m", "benchmarks.programs.warm", module, str(events)],
        cwd=contenders.code,
        env={"PYTHONPATH": contenders.path(module), "PATH": os.defpath, **variables()},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Function(process)
        finally:
            process.kill()


def measure(name: str, goal: Goal, report: Report) -> Result:
    """Compare batches of 10, in microseconds a record; batches of 1,000 are a condition."""
    with tempfile.TemporaryDirectory(prefix="waystation-bench-") as folder, ExitStack() as running:
        report("building both contenders")
        contenders = build(Path(folder) / "contenders")
        events = Path(folder) / "events.json"
        events.write_text(json.dumps({str(size): orders.event(size) for size in SIZES}))
        waystation, powertools, silent = (
            running.enter_context(function(contenders, module, events))
            for module in (WAYSTATION, POWERTOOLS, _SILENT)
        )
        report(f"{RUNS} turns of 2,000 records, in batches of {' and '.join(map(str, SIZES))}")
        small, large = (_compare(waystation, powertools, size) for size in SIZES)
        bare = _compare(waystation, silent, SIZES[0])
    ratio = large[0] / large[1]
    text = f"batches of 1,000: {large[0]:.1f} / {large[1]:.1f} µs = {ratio:.3f}, goal {goal}"
    return Result(
        name=name,
        goal=goal,
        waystation=small[0],
        baseline=small[1],
        unit="µs/record",
        runs=RUNS,
        notes=(*_NOTES, f"powertools without its logger: {bare[1]:.1f} µs"),
        conditions=(Condition(text=text, met=goal.met(ratio)),),
    )


def _compare(first: Function, second: Function, size: int) -> tuple[float, float]:
    for contender in (first, second):
        contender.microseconds(size)
    return medians(
        alternate(lambda: first.microseconds(size), lambda: second.microseconds(size), RUNS)
    )
