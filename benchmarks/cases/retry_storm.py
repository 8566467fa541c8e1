"""A retry storm: one message in ten fails twice. When is everything done, and at what expense?"""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.contenders import OURS, THEIRS, variables
from benchmarks.environment import Place, place, wait
from benchmarks.result import Condition, Goal, Result
from benchmarks.suite import Say

MESSAGES: Final = 2_000
FAILING: Final = MESSAGES // 10
SUCCEEDS_AT: Final = 3
# Each failing one runs three times.
FEWEST_RUNS: Final = MESSAGES + FAILING * (SUCCEEDS_AT - 1)
REQUEUES: Final = FAILING * (SUCCEEDS_AT - 1)
TIMEOUT: Final = 4
# As AWS recommends.
VISIBILITY: Final = 6 * TIMEOUT
CONCURRENCY: Final = 5
CALLS_GOAL: Final = 0.2
_PATIENCE: Final = 2 * VISIBILITY + 60
_CALLS: Final = "benchmarks.functions.counted"


@dataclass(frozen=True)
class Storm:
    """How one side came through it; `calls` are those the function made."""

    seconds: float
    runs: int
    calls: int


def measure(name: str, goal: Goal, say: Say) -> Result:
    """Compare the seconds until all messages are done."""
    with place(say) as here:
        say(f"ours: {MESSAGES} messages")
        ours = _run(here, "ours", OURS)
        say(f"ours took {ours.seconds:.1f} s; theirs, which waits {VISIBILITY} s twice")
        theirs = _run(here, "theirs", THEIRS)
    per_requeue = ours.calls / REQUEUES
    return Result(
        name=name,
        goal=goal,
        ours=ours.seconds,
        theirs=theirs.seconds,
        unit="s",
        runs=1,
        notes=(
            f"{MESSAGES} messages, runs of ten in a hundred fail at their first two attempts",
            f"function timeout {TIMEOUT} s, visibility {VISIBILITY} s, batches of 10, "
            f"{CONCURRENCY} at a time",
            f"handler runs, theirs: {theirs.runs}; calls by their function: {theirs.calls}",
        ),
        conditions=(
            Condition(
                text=f"handler runs {ours.runs}, fewest possible {FEWEST_RUNS}",
                met=ours.runs == FEWEST_RUNS,
            ),
            Condition(
                text=f"AWS calls per requeued message {per_requeue:.2f}, goal ≤ {CALLS_GOAL}",
                met=per_requeue <= CALLS_GOAL,
            ),
        ),
    )


def _run(here: Place, name: str, module: str) -> Storm:
    queue = here.queue(name, VISIBILITY)
    notes, calls = here.home / f"{name}-runs", here.home / f"{name}-calls"
    for file in (notes, calls):
        file.touch()
    environment = {
        **variables(queue=queue.url, dead_letters=queue.dead_letters),
        "BENCH_TARGET": module,
        "BENCH_NOTES": str(notes),
        "BENCH_CALLS": str(calls),
        "BENCH_SUCCEEDS_AT": str(SUCCEEDS_AT),
    }
    here.function(name, _CALLS, environment, timeout=TIMEOUT, layer=module)
    here.fill(queue, MESSAGES)
    started = time.monotonic()
    here.poll(name, queue, CONCURRENCY)
    wait(lambda: _done(notes) == MESSAGES, _PATIENCE, f"{name}: all messages done")
    seconds = time.monotonic() - started
    wait(lambda: here.left(queue) == 0, 10, f"{name}: the queue empty")
    runs = Counter(line.split()[1] for line in notes.read_text().splitlines())
    return Storm(seconds, runs.total(), len(calls.read_text().splitlines()))


def _done(notes: Path) -> int:
    lines = notes.read_text().splitlines()
    return len({line for line in lines if line.endswith(" done")})
