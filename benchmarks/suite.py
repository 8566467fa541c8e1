"""The benchmarks by name with their goals; each module is imported when its benchmark runs."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.result import Goal, Result

Report = Callable[[str], None]
"""Prints progress for people."""


@dataclass(frozen=True)
class Benchmark:
    """A measuring function of a module in `cases`, and the goal for its ratio."""

    module: str
    function: str
    goal: Goal

    def run(self, name: str, report: Report) -> Result:
        """Measure."""
        function = getattr(
            importlib.import_module(f"benchmarks.cases.{self.module}"), self.function
        )
        result = function(name, self.goal, report)
        assert isinstance(result, Result)
        return result


SUITE: Final[Mapping[str, Benchmark]] = {
    "cold-start": Benchmark("cold_start", "plain", Goal(0.27)),
    "cold-start-idempotent": Benchmark("cold_start", "idempotent", Goal(0.75)),
    "overhead": Benchmark("overhead", "measure", Goal(0.47)),
    "idempotency-lease": Benchmark("idempotency", "lease", Goal(0.60)),
    "idempotency-completion": Benchmark("idempotency", "completion", Goal(0.15)),
    "retry-storm": Benchmark("retry_storm", "measure", Goal(0.20)),
    "throughput": Benchmark("throughput", "measure", Goal(0.90, "at least")),
    "topology-load": Benchmark("topology_load", "measure", Goal(0.20)),
}
