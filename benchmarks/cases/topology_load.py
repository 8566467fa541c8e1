"""How long it takes to load and check the map, next to `import aws_cdk`."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.result import Goal, Result
from benchmarks.suite import Say
from benchmarks.turns import alternate, medians

ROOT: Final = Path(__file__).parents[2]
OURS: Final = "import systems.wild_rydes as m, topology.checks as c; c.check(m.system)"
THEIRS: Final = "import aws_cdk"
RUNS: Final = 7


def seconds(script: str) -> float:
    """Return how long a fresh process takes to run a script, from start to exit."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started


def measure(name: str, goal: Goal, say: Say) -> Result:
    """Compare the two scripts, in milliseconds."""
    say(f"starting {2 * RUNS + 2} processes")
    for script in (OURS, THEIRS):
        seconds(script)
    pair = alternate(lambda: seconds(OURS) * 1000, lambda: seconds(THEIRS) * 1000, RUNS)
    ours, theirs = medians(pair)
    notes = ("fresh processes in turn: the map loaded and checked / import aws_cdk",)
    return Result(name=name, goal=goal, ours=ours, theirs=theirs, unit="ms", runs=RUNS, notes=notes)
