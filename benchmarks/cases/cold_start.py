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
from benchmarks.contenders import (
    FUNCTIONS,
    POWERTOOLS,
    WAYSTATION,
    Contenders,
    build,
    variables,
)
from benchmarks.environment import Environment, environment
from benchmarks.result import Goal, Result
from benchmarks.suite import Report
from benchmarks.turns import alternate, medians

RUNS: Final = 25
RUNS_IDEMPOTENT: Final = 15
# As in Lambda, nothing of this project's own environment can be imported: -S.
COMMAND: Final = (sys.executable, "-S", "-P", "-m", "benchmarks.programs.cold")
_NOTES: Final = (
    "from the start of the process to the result: interpreter, imports, one batch of 10",
    "both with bytecode; boto3 on the path of both, as in Lambda's runtime",
)


class Starter:
    """Starts a contender's function, each time with other messages."""

    def __init__(self, contenders: Contenders, module: str, variables: Mapping[str, str]) -> None:
        """Take the environment variables of the function."""
        self._code, self._module, self._started = contenders.code, module, 0
        path = {"PYTHONPATH": contenders.path(module), "PATH": os.defpath}
        self._environment = {**path, "AWS_DEFAULT_REGION": "us-east-1", **variables}

    def milliseconds(self) -> float:
        """Start once; return the time until the batch is done."""
        self._started += 1
        batch = orders.event(10, f"{self._module}/{self._started}")
        file = self._code / "event.json"
        file.write_text(json.dumps(batch))
        started = time.perf_counter()
        done = subprocess.run(
            [*COMMAND, self._module, str(file)],
            env=self._environment,
            cwd=self._code,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        milliseconds = (time.perf_counter() - started) * 1000
        if done.returncode:
            raise RuntimeError(f"{self._module} failed: {done.stderr.decode()}")
        return milliseconds


def plain(name: str, goal: Goal, report: Report) -> Result:
    """Compare without idempotency, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="waystation-bench-") as folder:
        report("building both contenders")
        contenders = build(Path(folder) / "contenders")
        report(f"starting {2 * RUNS} processes")
        waystation, powertools = _compare(
            Starter(contenders, WAYSTATION, variables()),
            Starter(contenders, POWERTOOLS, variables()),
            RUNS,
        )
    return Result(
        name=name,
        goal=goal,
        waystation=waystation,
        baseline=powertools,
        unit="ms",
        runs=RUNS,
        notes=_NOTES,
    )


def idempotent(name: str, goal: Goal, report: Report) -> Result:
    """Compare with idempotency (Waystation: lease) on the emulator, in milliseconds."""
    with environment(report) as emulated:
        report(f"starting {2 * RUNS_IDEMPOTENT} processes")
        waystation, powertools = _compare(
            _starter(emulated, WAYSTATION),
            _starter(emulated, f"{FUNCTIONS}.powertools_idempotent"),
            RUNS_IDEMPOTENT,
        )
    notes = (*_NOTES, "a client for DynamoDB and its calls for 10 new messages included")
    return Result(
        name=name,
        goal=goal,
        waystation=waystation,
        baseline=powertools,
        unit="ms",
        runs=RUNS_IDEMPOTENT,
        notes=notes,
    )


def _starter(emulated: Environment, module: str) -> Starter:
    table = emulated.table(module.rpartition(".")[2])
    given = {
        **variables(table=table, guarantee="lease"),
        "AWS_ENDPOINT_URL": emulated.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    return Starter(emulated.contenders, module, given)


def _compare(waystation: Starter, powertools: Starter, runs: int) -> tuple[float, float]:
    for contender in (waystation, powertools):
        contender.milliseconds()
    return medians(alternate(waystation.milliseconds, powertools.milliseconds, runs))
