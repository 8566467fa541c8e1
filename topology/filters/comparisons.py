"""Conditions that compare values as SNS does; values that SNS refuses raise ValueError."""

import json
import operator
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeGuard

from topology.filters.conditions import Condition, Kind, Value

Sign = Literal["=", ">=", ">", "<=", "<"]

# "Filter policy constraints": numbers from -10^9 to 10^9 with five digits after the point.
MAX_NUMBER: Final = 1_000_000_000
MAX_DECIMALS: Final = 5

_HOLDS: Final = {
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


class _OneElement(Condition):
    """A condition that a list satisfies if one of its elements does."""

    @abstractmethod
    def accepts(self, value: Value) -> bool:
        """Whether a single value satisfies the condition."""

    def met(self, values: Sequence[Value] | None) -> bool:
        return any(self.accepts(value) for value in values or ())


@dataclass(frozen=True)
class Text(_OneElement):
    """A comparison of texts, in whole or in part; case counts but for `equals-ignore-case`."""

    keyword: Literal["equals", "prefix", "suffix", "equals-ignore-case"]
    value: str
    kind: ClassVar[Kind] = "text"

    def __post_init__(self) -> None:
        if not self.value:
            raise ValueError(f"{self.keyword} an empty text: no attribute is empty; see exists()")
        # Such a text would need escapes in JSON; no filter passes it without them.
        if json.dumps(self.value, ensure_ascii=False) != f'"{self.value}"':
            raise ValueError(
                f"{self.value!r}: SNS delivers no message with quotation marks, backslashes or "
                "control characters in a text to a subscription with a filter; leave them out"
            )

    @property
    def pattern(self) -> str | Mapping[str, str]:
        return self.value if self.keyword == "equals" else {self.keyword: self.value}

    def accepts(self, value: Value) -> bool:
        if not isinstance(value, str):
            return False
        match self.keyword:
            case "equals":
                return value == self.value
            case "prefix":
                return value.startswith(self.value)
            case "suffix":
                return value.endswith(self.value)
            case "equals-ignore-case":
                return value.lower() == self.value.lower()

    def __str__(self) -> str:
        return repr(self.value) if self.keyword == "equals" else f"{self.keyword} {self.value!r}"


@dataclass(frozen=True)
class Flag(_OneElement):
    """A comparison with a boolean, which travels as the text true or false."""

    value: bool
    kind: ClassVar[Kind] = "flag"

    @property
    def pattern(self) -> str:
        return "true" if self.value else "false"

    def accepts(self, value: Value) -> bool:
        return value == self.pattern

    def __str__(self) -> str:
        return repr(self.pattern)


@dataclass(frozen=True)
class Number(_OneElement):
    """A number within bounds. Numbers beyond +-10^9, which SNS does not compare, are outside."""

    bounds: tuple[tuple[Sign, float], ...]
    kind: ClassVar[Kind] = "number"

    def __post_init__(self) -> None:
        for _, limit in self.bounds:
            # Comparisons with NaN are false, so NaN is refused too.
            if not abs(limit) <= MAX_NUMBER or round(limit, MAX_DECIMALS) != limit:
                raise ValueError(f"{limit}: use a number within +-10^9, {MAX_DECIMALS} decimals")
        limits = [limit for _, limit in self.bounds]
        if limits != sorted(set(limits)):
            raise ValueError(f"between{tuple(limits)}: the first must be less; or use equals()")

    @property
    def pattern(self) -> Mapping[str, Any]:
        return {"numeric": [part for bound in self.bounds for part in bound]}

    def accepts(self, value: Value) -> bool:
        if not _is_number(value) or abs(value) > MAX_NUMBER:
            return False
        return all(_HOLDS[sign](value, limit) for sign, limit in self.bounds)

    def __str__(self) -> str:
        return " and ".join(f"{sign} {limit}" for sign, limit in self.bounds)


def _is_number(value: Value) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class AnythingBut(_OneElement):
    """Present and none of these values; a list satisfies it if one of its elements is none of them
    ("String value matching").
    """

    excluded: tuple[Text | Flag | Number, ...]

    def __post_init__(self) -> None:
        if len({condition.kind for condition in self.excluded}) != 1:
            raise ValueError("anything_but() takes values: all texts, all numbers or all booleans")
        parts = [c.keyword for c in self.excluded if isinstance(c, Text) and c.keyword != "equals"]
        # SNS refuses a suffix here (LocalStack's tests, marked as validated on AWS).
        if parts and (parts != ["prefix"] or len(self.excluded) > 1):
            raise ValueError(
                "anything_but() takes whole values, or one prefix(); SNS allows nothing else"
            )

    @property
    def kind(self) -> Kind:
        return self.excluded[0].kind

    @property
    def pattern(self) -> Mapping[str, Any]:
        literals = [c.bounds[0][1] if isinstance(c, Number) else c.pattern for c in self.excluded]
        return {"anything-but": literals[0] if isinstance(literals[0], Mapping) else literals}

    def accepts(self, value: Value) -> bool:
        return not any(condition.accepts(value) for condition in self.excluded)

    def __str__(self) -> str:
        return f"anything but {' or '.join(map(str, self.excluded))}"
