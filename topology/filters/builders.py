"""Conditions for filters: `{"fare": at_least(50), "city": (equals("Oslo"), prefix("New"))}`.

A tuple means any of its conditions; several attributes must all be satisfied. A value that SNS
would refuse raises ValueError at once.
"""

from topology.filters.comparisons import AnythingBut, Flag, Number, Text
from topology.filters.conditions import Presence

__all__ = [
    "absent",
    "anything_but",
    "at_least",
    "at_most",
    "between",
    "equals",
    "equals_ignore_case",
    "exists",
    "less_than",
    "more_than",
    "prefix",
    "suffix",
]


def equals(value: str | float | bool) -> Text | Flag | Number:
    """Exactly this text (case-sensitive), number (5 equals 5.0) or boolean."""
    match value:
        case bool():
            return Flag(value)
        case str():
            return Text("equals", value)
    return Number((("=", value),))


def equals_ignore_case(value: str) -> Text:
    """This text, in upper or lower case."""
    return Text("equals-ignore-case", value)


def prefix(value: str) -> Text:
    """A text that starts with `value`."""
    return Text("prefix", value)


def suffix(value: str) -> Text:
    """A text that ends with `value`."""
    return Text("suffix", value)


def anything_but(*values: str | float | bool | Text) -> AnythingBut:
    """Present and none of these values, or without a prefix: `anything_but(prefix("x"))`.

    A list passes if one of its elements does.
    """
    return AnythingBut(tuple(v if isinstance(v, Text) else equals(v) for v in values))


def at_least(limit: float) -> Number:
    """A number >= limit."""
    return Number(((">=", limit),))


def at_most(limit: float) -> Number:
    """A number <= limit."""
    return Number((("<=", limit),))


def more_than(limit: float) -> Number:
    """A number > limit."""
    return Number(((">", limit),))


def less_than(limit: float) -> Number:
    """A number < limit."""
    return Number((("<", limit),))


def between(low: float, high: float) -> Number:
    """A number from `low` to `high`, both included."""
    return Number(((">=", low), ("<=", high)))


def exists() -> Presence:
    """The attribute is present."""
    return Presence(True)


def absent() -> Presence:
    """The attribute is absent."""
    return Presence(False)
