"""A cold start: a new process imports the function and handles one batch of ten."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks import orders
from benchmarks.contenders import FUNCTIONS, OURS, THEIRS, Sides, build, variables
from benchmarks.environment import Place, place
from benchmarks.result import Goal, Result
from benchmarks.suite import Say
from benchmarks.turns import alternate, medians

RUNS: Final = 25
RUNS_IDEMPOTENT: Final = 15
# As in Lambda, nothing of this project's own environment can be imported: -S.
COMMAND: Final = (sys.executable, "-S", "-P", "-m", "benchmarks.programs.once")
_NOTES: Final = (
    "from the start of the process to the answer; interpreter, imports, one batch of 10",
    "both with bytecode; boto3 on the path of both, as in Lambda's runtime",
)


class Starter:
    """Starts one side's function, each time with other messages."""

    def __init__(self, sides: Sides, module: str, environment: Mapping[str, str]) -> None:
        """Prepare the environment of the processes."""
        self._sides, self._module, self._started = sides, module, 0
        path = {"PYTHONPATH": sides.path(module), "PATH": os.defpath}
        self._environment = {**path, "AWS_DEFAULT_REGION": "us-east-1", **environment}

    def milliseconds(self) -> float:
        """Start once; return the time until the batch is done."""
        self._started += 1
        batch = orders.event(10, f"{self._module}/{self._started}")
        file = self._sides.code / "event.json"
        file.write_text(json.dumps(batch))
        started = time.perf_counter()
        done = subprocess.run(
            [*COMMAND, self._module, str(file)],
            env=self._environment,
            cwd=self._sides.code,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        milliseconds = (time.perf_counter() - started) * 1000
        if done.returncode:
            raise RuntimeError(f"{self._module} failed: {done.stderr.decode()}")
        return milliseconds


def plain(name: str, goal: Goal, say: Say) -> Result:
    """Compare without idempotency, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="waystation-bench-") as folder:
        say("building both sides")
        sides = build(Path(folder) / "sides")
        environment = variables()
        say(f"starting {2 * RUNS} processes")
        ours, theirs = _compare(
            Starter(sides, OURS, environment), Starter(sides, THEIRS, environment), RUNS
        )
    return Result(
        name=name, goal=goal, ours=ours, theirs=theirs, unit="ms", runs=RUNS, notes=_NOTES
    )


def idempotent(name: str, goal: Goal, say: Say) -> Result:
    """Compare with idempotency (ours: lease) on the emulator, in milliseconds."""
    with place(say) as here:
        say(f"starting {2 * RUNS_IDEMPOTENT} processes")
        ours, theirs = _compare(
            _starter(here, OURS),
            _starter(here, f"{FUNCTIONS}.powertools_idempotent"),
            RUNS_IDEMPOTENT,
        )
    notes = (*_NOTES, "a client for DynamoDB and its calls for 10 new messages included")
    return Result(
        name=name, goal=goal, ours=ours, theirs=theirs, unit="ms", runs=RUNS_IDEMPOTENT, notes=notes
    )


def _starter(here: Place, module: str) -> Starter:
    table = here.table(module.rpartition(".")[2])
    environment = {
        **variables(table=table, guarantee="lease"),
        "AWS_ENDPOINT_URL": here.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    return Starter(here.sides, module, environment)


def _compare(ours: Starter, theirs: Starter, runs: int) -> tuple[float, float]:
    for side in (ours, theirs):
        side.milliseconds()
    return medians(alternate(ours.milliseconds, theirs.milliseconds, runs))
