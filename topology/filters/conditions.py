"""A condition on one attribute, as SNS writes and compares it. Source: SNS developer guide."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

# One value of an attribute; of a list, one element.
Value = str | float | bool | None
Kind = Literal["text", "number", "flag", "any"]


class Condition(ABC):
    """A condition on one attribute."""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """The kind of field to which the condition applies."""

    @property
    @abstractmethod
    def pattern(self) -> str | Mapping[str, Any]:
        """The condition in SNS's JSON."""

    @abstractmethod
    def met(self, values: Sequence[Value] | None) -> bool:
        """Whether an attribute satisfies the condition; None stands for a missing attribute."""


@dataclass(frozen=True)
class Presence(Condition):
    """Presence or absence; a list is present if an element is not null ("Key matching")."""

    expected: bool
    kind: ClassVar[Kind] = "any"

    @property
    def pattern(self) -> Mapping[str, bool]:
        return {"exists": self.expected}

    def met(self, values: Sequence[Value] | None) -> bool:
        if not self.expected:
            return values is None
        return any(value is not None for value in values or ())

    def __str__(self) -> str:
        return "present" if self.expected else "absent"


# Attribute name -> its condition; a tuple means any of them.
Where = Mapping[str, Condition | tuple[Condition, ...]]
