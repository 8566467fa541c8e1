"""How fast a queue of good messages drains, beside a function that does nothing."""

import time
from collections.abc import Callable
from typing import Final

from benchmarks.contenders import FUNCTIONS, WAYSTATION, variables
from benchmarks.environment import Environment, environment
from benchmarks.result import Goal, Result
from benchmarks.suite import Report
from benchmarks.turns import alternate, medians
from ops.polling import wait_until

MESSAGES: Final = 5_000
WARM_UP: Final = 300
RUNS: Final = 3
CONCURRENCY: Final = 5
_NOTHING: Final = f"{FUNCTIONS}.nothing"
_SECONDS: Final = 60
# A hundredth of what is measured.
_INTERVAL: Final = 0.02


def measure(name: str, goal: Goal, report: Report) -> Result:
    """Compare the messages a second."""
    with environment(report) as emulated:
        waystation = _drainer(emulated, "waystation", WAYSTATION)
        nothing = _drainer(emulated, "nothing", _NOTHING)
        report(f"draining {MESSAGES} messages {2 * RUNS} times")
        rates = medians(alternate(waystation, nothing, RUNS))
    return Result(
        name=name,
        goal=goal,
        waystation=rates[0],
        baseline=rates[1],
        against="no-op",
        unit="messages/s",
        runs=RUNS,
        notes=(
            f"{MESSAGES} messages, batches of 10, {CONCURRENCY} at a time; no-op: a handler that "
            "returns at once, without any packages",
            "the emulator, the functions and this program share the machine's cores",
        ),
    )


def _drainer(emulated: Environment, name: str, module: str) -> Callable[[], float]:
    queue = emulated.queue(name, 180)
    given = variables(queue=queue.url, dead_letters=queue.dead_letters)
    emulated.function(name, module, given, timeout=30, layer=WAYSTATION)
    mapping = emulated.poll(name, queue, CONCURRENCY)

    def drain(count: int) -> float:
        """Fill the queue while it is not polled; return the messages a second after that."""
        emulated.aws.functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        emulated.fill(queue, count)
        started = time.monotonic()
        emulated.aws.functions.update_event_source_mapping(UUID=mapping, Enabled=True)
        wait_until(
            lambda: emulated.backlog(queue) == 0,
            f"{name}: the empty queue",
            seconds=_SECONDS,
            interval=_INTERVAL,
        )
        return count / (time.monotonic() - started)

    # Starts the workers.
    drain(WARM_UP)
    return lambda: drain(MESSAGES)
