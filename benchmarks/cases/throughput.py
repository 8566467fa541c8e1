"""How fast a queue of good messages drains, next to a function that does nothing at all."""

import time
from collections.abc import Callable
from typing import Final

from benchmarks.contenders import FUNCTIONS, OURS, variables
from benchmarks.environment import Place, place, wait
from benchmarks.result import Goal, Result
from benchmarks.suite import Say
from benchmarks.turns import alternate, medians

MESSAGES: Final = 5_000
WARM_UP: Final = 300
RUNS: Final = 3
CONCURRENCY: Final = 5
_NOTHING: Final = f"{FUNCTIONS}.nothing"
_PATIENCE: Final = 60


def measure(name: str, goal: Goal, say: Say) -> Result:
    """Compare the messages a second."""
    with place(say) as here:
        ours, theirs = _drainer(here, "ours", OURS), _drainer(here, "nothing", _NOTHING)
        say(f"draining {MESSAGES} messages {2 * RUNS} times")
        rates = medians(alternate(ours, theirs, RUNS))
    return Result(
        name=name,
        goal=goal,
        ours=rates[0],
        theirs=rates[1],
        unit="messages/s",
        runs=RUNS,
        notes=(
            f"{MESSAGES} messages, batches of 10, {CONCURRENCY} at a time; theirs: a handler that "
            "returns at once, without any packages",
            "the emulator, the functions and this program share the machine's cores",
        ),
    )


def _drainer(here: Place, name: str, module: str) -> Callable[[], float]:
    queue = here.queue(name, 180)
    environment = variables(queue=queue.url, dead_letters=queue.dead_letters)
    here.function(name, module, environment, timeout=30, layer=OURS)
    mapping = here.poll(name, queue, CONCURRENCY)

    def drain(count: int) -> float:
        """Fill the queue while nobody polls it, then time how long it takes."""
        here.aws.functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        here.fill(queue, count)
        started = time.monotonic()
        here.aws.functions.update_event_source_mapping(UUID=mapping, Enabled=True)
        wait(lambda: here.left(queue) == 0, _PATIENCE, f"{name}: the queue empty")
        return count / (time.monotonic() - started)

    # Starts the workers.
    drain(WARM_UP)
    return lambda: drain(MESSAGES)
