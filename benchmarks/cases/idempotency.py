"""The cost of idempotency for a warm batch of ten new messages: time and DynamoDB units."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from benchmarks import orders
from benchmarks.contenders import FUNCTIONS, POWERTOOLS, WAYSTATION, variables
from benchmarks.environment import Environment, environment
from benchmarks.result import Condition, Goal, Result
from benchmarks.suite import Report
from benchmarks.turns import alternate, medians
from messaging.policy import Guarantee

RUNS: Final = 60
WARM_UP: Final = 5
RECORDS: Final = 10
# USD per million, on demand, us-east-1: 1 KB written; 4 KB read, consistently.
WRITE_UNIT: Final = 0.625
READ_UNIT: Final = 0.125
# Share of Powertools' cost, with `completion`.
COST_GOAL: Final = 0.65
_TIMED: Final = f"{FUNCTIONS}.timed"


@dataclass(frozen=True)
class Units:
    """DynamoDB units of one message; every item is below 1 KB."""

    writes: float
    reads: float

    @property
    def cost(self) -> float:
        """USD per million messages."""
        return self.writes * WRITE_UNIT + self.reads * READ_UNIT

    def __str__(self) -> str:
        """Return units and cost as text."""
        return f"{self.writes:g} write and {self.reads:g} read units = {self.cost:.3f} USD/million"


class Function:
    """A deployed function that measures its own batches."""

    def __init__(self, emulated: Environment, name: str, target: str, guarantee: Guarantee) -> None:
        """Deploy it with a table of its own."""
        self._emulated, self._name, self._invoked = emulated, name, 0
        table = emulated.table(f"{name}-idempotency")
        given = {**variables(table=table, guarantee=guarantee), "BENCH_TARGET": target}
        layer = WAYSTATION if target == WAYSTATION else POWERTOOLS
        emulated.function(name, _TIMED, given, timeout=30, layer=layer)

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
        response = self._emulated.aws.functions.invoke(
            FunctionName=self._name, Payload=json.dumps(event).encode()
        )
        found: dict[str, Any] = json.loads(response["Payload"].read())
        if found.get("failures") != 0:
            raise RuntimeError(f"{self._name}: {found}")
        return found


def lease(name: str, goal: Goal, report: Report) -> Result:
    """Compare Waystation's guarantee `lease`, in milliseconds a batch."""
    return _measure(name, goal, report, "lease")


def completion(name: str, goal: Goal, report: Report) -> Result:
    """Compare Waystation's guarantee `completion`, in milliseconds a batch."""
    return _measure(name, goal, report, "completion")


def _measure(name: str, goal: Goal, report: Report, guarantee: Guarantee) -> Result:
    with environment(report) as emulated:
        deploy = partial(Function, emulated, guarantee=guarantee)
        waystation = deploy("waystation", WAYSTATION)
        powertools = deploy("powertools", f"{FUNCTIONS}.powertools_idempotent")
        report(f"{RUNS} turns of {RECORDS} new messages")
        for _ in range(WARM_UP):
            alternate(waystation.milliseconds, powertools.milliseconds, 1)
        times = medians(alternate(waystation.milliseconds, powertools.milliseconds, RUNS))
        (units, calls), (peer_units, peer_calls) = waystation.units(), powertools.units()
    return Result(
        name=name,
        goal=goal,
        waystation=times[0],
        baseline=times[1],
        unit="ms/batch",
        runs=RUNS,
        notes=(
            f"guarantee {guarantee}; timed inside the function, which the emulator runs",
            f"a message, waystation: {units}; powertools: {peer_units}",
            f"calls a batch of {RECORDS}, waystation: {calls}; powertools: {peer_calls}",
        ),
        conditions=(_condition(guarantee, units, peer_units),),
    )


def _condition(guarantee: Guarantee, waystation: Units, powertools: Units) -> Condition:
    if guarantee == "lease":
        figures = f"{waystation.writes:g} / {powertools.writes:g}"
        text = f"no more write units than powertools ({figures})"
        return Condition(text=text, met=waystation.writes <= powertools.writes)
    share = waystation.cost / powertools.cost
    text = f"DynamoDB cost {share:.2f} of powertools', goal ≤ {COST_GOAL}"
    return Condition(text=text, met=share <= COST_GOAL)
