"""What the runtime costs a record when the function is warm and the handler does nothing."""

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
from benchmarks.contenders import FUNCTIONS, OURS, THEIRS, Sides, build, variables
from benchmarks.result import Condition, Goal, Result
from benchmarks.suite import Say
from benchmarks.turns import alternate, medians

SIZES: Final = (10, 1_000)
RUNS: Final = 25
_SILENT: Final = f"{FUNCTIONS}.powertools_silent"
_NOTES: Final = (
    "decode, validate, dispatch to a handler that does nothing, log a line a record to /dev/null",
    "ours also: time limit per handler, metrics line per batch",
)


class Function:
    """A function in a process of its own that stays alive."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Speak to the process."""
        self._process = process

    def microseconds(self, records: int) -> float:
        """Handle batches of so many records; return the time a record."""
        assert self._process.stdin is not None
        assert self._process.stderr is not None
        self._process.stdin.write(f"{records}\n")
        self._process.stdin.flush()
        answer = self._process.stderr.readline()
        try:
            return float(answer) * 1e6
        except ValueError:
            raise RuntimeError(answer + self._process.stderr.read()) from None


@contextmanager
def function(sides: Sides, module: str, events: Path) -> Iterator[Function]:
    """Start a function; it ends with the context."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-P", "-m", "benchmarks.programs.again", module, str(events)],
        cwd=sides.code,
        env={"PYTHONPATH": sides.path(module), "PATH": os.defpath, **variables()},
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


def measure(name: str, goal: Goal, say: Say) -> Result:
    """Compare batches of 10, in microseconds a record; those of 1,000 are a condition."""
    with tempfile.TemporaryDirectory(prefix="waystation-bench-") as folder, ExitStack() as running:
        say("building both sides")
        sides = build(Path(folder) / "sides")
        events = Path(folder) / "events.json"
        events.write_text(json.dumps({str(size): orders.event(size) for size in SIZES}))
        ours, theirs, silent = (
            running.enter_context(function(sides, module, events))
            for module in (OURS, THEIRS, _SILENT)
        )
        say(f"{RUNS} turns of 2,000 records, in batches of {' and '.join(map(str, SIZES))}")
        small, large = (_compare(ours, theirs, size) for size in SIZES)
        bare = _compare(ours, silent, SIZES[0])
    ratio = large[0] / large[1]
    text = f"batches of 1,000: {large[0]:.1f} / {large[1]:.1f} µs = {ratio:.3f}, goal {goal}"
    return Result(
        name=name,
        goal=goal,
        ours=small[0],
        theirs=small[1],
        unit="µs/record",
        runs=RUNS,
        notes=(*_NOTES, f"the peer without its logger: {bare[1]:.1f} µs"),
        conditions=(Condition(text=text, met=goal.met(ratio)),),
    )


def _compare(ours: Function, theirs: Function, size: int) -> tuple[float, float]:
    for side in (ours, theirs):
        side.microseconds(size)
    return medians(
        alternate(lambda: ours.microseconds(size), lambda: theirs.microseconds(size), RUNS)
    )
