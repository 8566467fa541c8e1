"""How long a topology takes to load and check, beside `import aws_cdk`."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.result import Goal, Result
from benchmarks.suite import Report
from benchmarks.turns import alternate, medians

ROOT: Final = Path(__file__).parents[2]
TOPOLOGY: Final = "import benchmarks.system as s, topology.checks as c; c.check(s.system)"
AWS_CDK: Final = "import aws_cdk"
RUNS: Final = 7


def milliseconds(script: str) -> float:
    """Return how long a new process takes to run a script, from start to exit."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)
    return (time.perf_counter() - started) * 1000


def measure(name: str, goal: Goal, report: Report) -> Result:
    """Compare the two scripts, in milliseconds."""
    report(f"starting {2 * RUNS + 2} processes")
    for script in (TOPOLOGY, AWS_CDK):
        milliseconds(script)
    turns = alternate(lambda: milliseconds(TOPOLOGY), lambda: milliseconds(AWS_CDK), RUNS)
    loaded, imported = medians(turns)
    return Result(
        name=name,
        goal=goal,
        waystation=loaded,
        baseline=imported,
        against=AWS_CDK,
        unit="ms",
        runs=RUNS,
        notes=("new processes in turn: a topology of seven services loaded and checked",),
    )
