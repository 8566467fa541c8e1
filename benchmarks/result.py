"""What a benchmark found, and whether that is what it should find."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Goal:
    """A bound on the ratio ours/theirs: at most this, or at least."""

    bound: float
    kind: Literal["at most", "at least"] = "at most"

    def met(self, ratio: float) -> bool:
        """Say whether a ratio keeps the bound."""
        return ratio <= self.bound if self.kind == "at most" else ratio >= self.bound

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{'≤' if self.kind == 'at most' else '≥'} {self.bound:.2f}"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Something else that must hold besides the ratio, in words with its figures."""

    text: str
    met: bool


@dataclass(frozen=True, kw_only=True)
class Result:
    """Both sides' figures in `unit`, medians of `runs` runs each."""

    name: str
    goal: Goal
    ours: float
    theirs: float
    unit: str
    runs: int
    notes: tuple[str, ...]
    conditions: tuple[Condition, ...] = field(default=())

    @property
    def ratio(self) -> float:
        """Ours in units of theirs."""
        return self.ours / self.theirs

    @property
    def met(self) -> bool:
        """Whether the ratio keeps its goal and every condition holds."""
        return self.goal.met(self.ratio) and all(each.met for each in self.conditions)

    def to_json(self) -> Mapping[str, Any]:
        """Return it as plain values; goal and conditions are told in the notes."""
        return {
            "name": self.name,
            "ratio": round(self.ratio, 3),
            "ours": round(self.ours, 3),
            "theirs": round(self.theirs, 3),
            "unit": self.unit,
            "runs": self.runs,
            "notes": "; ".join((*self.verdicts(), *self.notes)),
        }

    def verdicts(self) -> tuple[str, ...]:
        """Return the goal and every condition, each with met or missed."""
        judged = [(f"goal {self.goal}", self.goal.met(self.ratio))]
        judged += [(each.text, each.met) for each in self.conditions]
        return tuple(f"{text}: {'met' if met else 'MISSED'}" for text, met in judged)
