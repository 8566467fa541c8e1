"""What idempotency costs a warm batch of ten new messages: time, and DynamoDB units."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from benchmarks import orders
from benchmarks.contenders import FUNCTIONS, OURS, THEIRS, variables
from benchmarks.environment import Place, place
from benchmarks.result import Condition, Goal, Result
from benchmarks.suite import Say
from benchmarks.turns import alternate, medians
from messaging.policy import Guarantee

RUNS: Final = 60
WARM_UP: Final = 5
RECORDS: Final = 10
# USD per million, on demand, us-east-1: 1 KB written; 4 KB read, consistently.
WRITE_UNIT: Final = 0.625
READ_UNIT: Final = 0.125
# Of the peer's cost, with `completion`.
COST_GOAL: Final = 0.65
_TIMED: Final = f"{FUNCTIONS}.timed"


@dataclass(frozen=True)
class Units:
    """DynamoDB's units for one message; every item is below 1 KB."""

    writes: float
    reads: float

    @property
    def cost(self) -> float:
        """USD per million messages."""
        return self.writes * WRITE_UNIT + self.reads * READ_UNIT

    def __str__(self) -> str:
        """Return them in words."""
        return f"{self.writes:g} write and {self.reads:g} read units = {self.cost:.3f} USD/million"


class Function:
    """A deployed function that tells how long its batch took."""

    def __init__(self, here: Place, name: str, target: str, guarantee: Guarantee) -> None:
        """Deploy it with a table of its own."""
        self._here, self._name, self._invoked = here, name, 0
        table = here.table(f"{name}-idempotency")
        environment = {**variables(table=table, guarantee=guarantee), "BENCH_TARGET": target}
        side = OURS if target == OURS else THEIRS
        here.function(name, _TIMED, environment, timeout=30, layer=side)

    def milliseconds(self) -> float:
        """Handle ten new messages; return the time inside the function."""
        return float(self._invoke()["seconds"]) * 1000

    def units(self) -> tuple[Units, int]:
        """Handle ten new messages; return the units of one, and the calls for all."""
        calls: Mapping[str, int] = self._invoke(count=True)["calls"]
        units = Units(calls.get("writes", 0) / RECORDS, calls.get("reads", 0) / RECORDS)
        return units, sum(each for name, each in calls.items() if name[0].isupper())

    def _invoke(self, **extra: Any) -> dict[str, Any]:
        self._invoked += 1
        event = orders.event(RECORDS, f"{self._name}/{self._invoked}") | extra
        answer = self._here.aws.functions.invoke(
            FunctionName=self._name, Payload=json.dumps(event).encode()
        )
        found: dict[str, Any] = json.loads(answer["Payload"].read())
        if found.get("failures") != 0:
            raise RuntimeError(f"{self._name}: {found}")
        return found


def lease(name: str, goal: Goal, say: Say) -> Result:
    """Compare our guarantee `lease`, in milliseconds a batch."""
    return _measure(name, goal, say, "lease")


def completion(name: str, goal: Goal, say: Say) -> Result:
    """Compare our guarantee `completion`, in milliseconds a batch."""
    return _measure(name, goal, say, "completion")


def _measure(name: str, goal: Goal, say: Say, guarantee: Guarantee) -> Result:
    with place(say) as here:
        deploy = partial(Function, here, guarantee=guarantee)
        ours, theirs = deploy("ours", OURS), deploy("theirs", f"{FUNCTIONS}.powertools_idempotent")
        say(f"{RUNS} turns of {RECORDS} new messages")
        for _ in range(WARM_UP):
            alternate(ours.milliseconds, theirs.milliseconds, 1)
        times = medians(alternate(ours.milliseconds, theirs.milliseconds, RUNS))
        (our_units, our_calls), (their_units, their_calls) = ours.units(), theirs.units()
    return Result(
        name=name,
        goal=goal,
        ours=times[0],
        theirs=times[1],
        unit="ms/batch",
        runs=RUNS,
        notes=(
            f"guarantee {guarantee}; timed inside the function, which the emulator runs",
            f"a message, ours: {our_units}; theirs: {their_units}",
            f"calls a batch of {RECORDS}, ours: {our_calls}; theirs: {their_calls}",
        ),
        conditions=(_condition(guarantee, our_units, their_units),),
    )


def _condition(guarantee: Guarantee, ours: Units, theirs: Units) -> Condition:
    if guarantee == "lease":
        text = f"no more write units than the peer ({ours.writes:g} / {theirs.writes:g})"
        return Condition(text=text, met=ours.writes <= theirs.writes)
    share = ours.cost / theirs.cost
    text = f"DynamoDB cost {share:.2f} of the peer's, goal ≤ {COST_GOAL}"
    return Condition(text=text, met=share <= COST_GOAL)
