"""A retry storm: one message in ten fails twice. The time and the calls until all are done."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.contenders import POWERTOOLS, WAYSTATION, variables
from benchmarks.environment import Environment, environment
from benchmarks.result import Condition, Goal, Result
from benchmarks.suite import Report
from ops.polling import wait_until

MESSAGES: Final = 2_000
FAILING: Final = MESSAGES // 10
SUCCEEDS_AT: Final = 3
# Each failing message runs three times.
FEWEST_RUNS: Final = MESSAGES + FAILING * (SUCCEEDS_AT - 1)
REQUEUES: Final = FAILING * (SUCCEEDS_AT - 1)
TIMEOUT: Final = 4
# As AWS recommends.
VISIBILITY: Final = 6 * TIMEOUT
CONCURRENCY: Final = 5
CALLS_GOAL: Final = 0.2
_SECONDS: Final = 2 * VISIBILITY + 60
_CALLS: Final = "benchmarks.functions.counted"


@dataclass(frozen=True)
class Storm:
    """What a contender took: seconds, handler runs, and the function's calls to AWS."""

    seconds: float
    runs: int
    calls: int


def measure(name: str, goal: Goal, report: Report) -> Result:
    """Compare the seconds until all messages are done."""
    with environment(report) as emulated:
        report(f"waystation: {MESSAGES} messages")
        waystation = _run(emulated, "waystation", WAYSTATION)
        report(f"took {waystation.seconds:.1f} s; powertools, which waits {VISIBILITY} s twice")
        powertools = _run(emulated, "powertools", POWERTOOLS)
    per_requeue = waystation.calls / REQUEUES
    return Result(
        name=name,
        goal=goal,
        waystation=waystation.seconds,
        baseline=powertools.seconds,
        unit="s",
        runs=1,
        notes=(
            f"{MESSAGES} messages, runs of ten in a hundred fail at their first two attempts",
            f"function timeout {TIMEOUT} s, visibility {VISIBILITY} s, batches of 10, "
            f"{CONCURRENCY} at a time",
            f"powertools: {powertools.runs} handler runs, {powertools.calls} calls",
        ),
        conditions=(
            Condition(
                text=f"handler runs {waystation.runs}, fewest possible {FEWEST_RUNS}",
                met=waystation.runs == FEWEST_RUNS,
            ),
            Condition(
                text=f"AWS calls per requeued message {per_requeue:.2f}, goal ≤ {CALLS_GOAL}",
                met=per_requeue <= CALLS_GOAL,
            ),
        ),
    )


def _run(emulated: Environment, name: str, module: str) -> Storm:
    queue = emulated.queue(name, VISIBILITY)
    notes, calls = emulated.home / f"{name}-runs", emulated.home / f"{name}-calls"
    for file in (notes, calls):
        file.touch()
    given = {
        **variables(queue=queue.url, dead_letters=queue.dead_letters, senders=(emulated.role_id,)),
        "BENCH_TARGET": module,
        "BENCH_NOTES": str(notes),
        "BENCH_CALLS": str(calls),
        "BENCH_SUCCEEDS_AT": str(SUCCEEDS_AT),
    }
    emulated.function(name, _CALLS, given, timeout=TIMEOUT, layer=module)
    emulated.fill(queue, MESSAGES)
    started = time.monotonic()
    emulated.poll(name, queue, CONCURRENCY)
    wait_until(lambda: _done(notes) == MESSAGES, f"{name}: the last message", seconds=_SECONDS)
    seconds = time.monotonic() - started
    wait_until(lambda: emulated.backlog(queue) == 0, f"{name}: the empty queue", seconds=10)
    runs = Counter(line.split()[1] for line in notes.read_text().splitlines())
    return Storm(seconds, runs.total(), len(calls.read_text().splitlines()))


def _done(notes: Path) -> int:
    lines = notes.read_text().splitlines()
    return len({line for line in lines if line.endswith(" done")})
