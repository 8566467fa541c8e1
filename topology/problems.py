"""What is wrong with a map: where, what, and how to put it right."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One broken rule. `place` is a service, a "Service.consumer" or a message class."""

    place: str
    text: str
    fix: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}. Fix: {self.fix}."


class TopologyError(ValueError):
    """The map breaks rules; the message lists every problem with its fix."""

    def __init__(self, system: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n- ".join([f"problems in the map {system}:", *map(str, problems)]))
