"""What is wrong with a topology: the element, the problem, the fix."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One broken rule. `element` is a service, a "Service.consumer" or a message class."""

    element: str
    text: str
    fix: str

    def __str__(self) -> str:
        return f"{self.element}: {self.text}. Fix: {self.fix}."


class TopologyError(ValueError):
    """A topology breaks rules; the message lists every problem with its fix."""

    def __init__(self, system: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "\n- ".join([f"problems in the topology of {system}:", *map(str, problems)])
        )
