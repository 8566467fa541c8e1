"""Filters as phrases: "TripBooked where fare ≥ 50 and distance ≥ 20"."""

from functools import singledispatch
from typing import Final

from topology.filters.comparisons import AnythingBut, Flag, Number, Text
from topology.filters.conditions import Condition, Presence
from topology.filters.policies import FilterPolicy, any_of
from topology.model import Where
from topology.routing.subscriptions import REQUESTER, TAG

_SIGNS: Final = {"=": "is", ">=": "≥", ">": ">", "<=": "≤", "<": "<"}
_TEXTS: Final = {
    "equals": "is {!r}",
    "prefix": "starts with {!r}",
    "suffix": "ends with {!r}",
    "equals-ignore-case": "is {!r} in any case",
}


def policy_phrases(policy: FilterPolicy) -> tuple[str, ...]:
    """Return one phrase for each alternative of a filter policy."""
    return tuple(_alternative(where) for where in policy.alternatives)


def _alternative(where: Where) -> str:
    tags = ", ".join(tag.value for tag in any_of(where[TAG]) if isinstance(tag, Text))
    messages = f"{tags} (replies)" if REQUESTER in where else tags
    attributes = {name: where[name] for name in where if name not in (TAG, REQUESTER)}
    return f"{messages} where {where_phrase(attributes)}" if attributes else messages


def where_phrase(where: Where) -> str:
    """Return the conditions on all attributes: joined by "and", those on one by "or"."""
    parts = []
    for name, conditions in where.items():
        choices = [f"{name} {condition_phrase(each)}" for each in any_of(conditions)]
        part = " or ".join(choices)
        parts.append(f"({part})" if len(choices) > 1 and len(where) > 1 else part)
    return " and ".join(parts)


@singledispatch
def condition_phrase(condition: Condition) -> str:
    """Return a condition as a phrase that follows the attribute's name."""
    return f"is {condition}"


@condition_phrase.register
def _(condition: Text) -> str:
    return _TEXTS[condition.keyword].format(condition.value)


@condition_phrase.register
def _(condition: Flag) -> str:
    return f"is {condition.pattern}"


@condition_phrase.register
def _(condition: Number) -> str:
    return " and ".join(f"{_SIGNS[sign]} {_number(limit)}" for sign, limit in condition.bounds)


@condition_phrase.register
def _(condition: AnythingBut) -> str:
    """SNS requires the attribute to be present."""
    excluded = condition.excluded
    if isinstance(excluded[0], Text) and excluded[0].keyword == "prefix":
        return f"is present, but does not start with {excluded[0].value!r}"
    values = [condition_phrase(each).removeprefix("is ") for each in excluded]
    return f"is present, but not {' or '.join(values)}"


@condition_phrase.register
def _(condition: Presence) -> str:
    return "is present" if condition.expected else "is absent"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)
