"""The figures of a benchmark, and whether they meet its goal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

POWERTOOLS: Final = "powertools"


@dataclass(frozen=True)
class Goal:
    """A bound on the ratio of Waystation's figure to the baseline's."""

    bound: float
    kind: Literal["at most", "at least"] = "at most"

    def met(self, ratio: float) -> bool:
        """Return whether a ratio keeps the bound."""
        return ratio <= self.bound if self.kind == "at most" else ratio >= self.bound

    def __str__(self) -> str:
        """Return the bound as text, e.g. "≤ 0.50"."""
        return f"{'≤' if self.kind == 'at most' else '≥'} {self.bound:.2f}"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A second goal besides the ratio, as text with its figures."""

    text: str
    met: bool


@dataclass(frozen=True, kw_only=True)
class Result:
    """The figures of Waystation and of what it is compared with, medians of `runs` runs each.

    Both figures are in `unit`; `against` names the baseline.
    """

    name: str
    goal: Goal
    waystation: float
    baseline: float
    unit: str
    runs: int
    notes: tuple[str, ...]
    against: str = POWERTOOLS
    conditions: tuple[Condition, ...] = ()

    @property
    def ratio(self) -> float:
        """Waystation's figure in units of the baseline's."""
        return self.waystation / self.baseline

    @property
    def met(self) -> bool:
        """Whether the ratio keeps its goal and every condition is met."""
        return self.goal.met(self.ratio) and all(each.met for each in self.conditions)

    def to_json(self) -> Mapping[str, Any]:
        """Return a JSON object; the notes begin with the goal and the conditions."""
        return {
            "name": self.name,
            "ratio": round(self.ratio, 3),
            "waystation": round(self.waystation, 3),
            self.against: round(self.baseline, 3),
            "against": self.against,
            "unit": self.unit,
            "runs": self.runs,
            "notes": "; ".join((*self.verdicts(), *self.notes)),
        }

    def verdicts(self) -> tuple[str, ...]:
        """Return the goal and every condition, each with met or missed."""
        judged = [(f"goal {self.goal}", self.goal.met(self.ratio))]
        judged += [(each.text, each.met) for each in self.conditions]
        return tuple(f"{text}: {'met' if met else 'MISSED'}" for text, met in judged)
