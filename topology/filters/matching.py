"""Filter policies applied to messages, as SNS does: whether one passes, and if not, why."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from topology.filters.comparisons import Number
from topology.filters.conditions import Condition, Value, Where
from topology.filters.policies import FilterPolicy, any_of

# Name -> {"DataType": "Number", "StringValue": "49.99"}, the form of the SNS and SQS APIs.
Attributes = Mapping[str, Mapping[str, Any]]


def matches(policy: FilterPolicy, attributes: Attributes) -> bool:
    """Whether SNS would deliver a message with these attributes."""
    return not explain(policy, attributes)


def explain(policy: FilterPolicy, attributes: Attributes) -> list[str]:
    """Return the reasons why SNS would not deliver a message with these attributes, if any.

    SNS does not document how it compares numbers with more than five decimals; here they are
    compared exactly.
    """
    if unreadable := [name for name, value in attributes.items() if not _readable(value)]:
        return [f"{', '.join(unreadable)}: not a valid JSON string, so that no filter passes"]
    failed = [list(_reasons(where, attributes)) for where in policy.alternatives]
    if not all(failed):
        return []
    if len(failed) == 1:
        return failed[0]
    return [f"alternative {n}: {'; '.join(reasons)}" for n, reasons in enumerate(failed, 1)]


def _readable(attribute: Mapping[str, Any]) -> bool:
    """Whether a text is a JSON string between quotation marks ("Amazon SNS message attributes")."""
    if attribute.get("DataType") != "String":
        return True
    try:
        return isinstance(json.loads(f'"{attribute.get("StringValue", "")}"'), str)
    except ValueError:
        return False


def _reasons(where: Where, attributes: Attributes) -> Iterator[str]:
    for name, conditions in where.items():
        attribute = attributes.get(name)
        values = _values(attribute)
        # "Key matching": a message without any attribute does not even match `"exists": false`.
        if not attributes or not any(condition.met(values) for condition in any_of(conditions)):
            yield _reason(name, attribute, any_of(conditions))


def _values(attribute: Mapping[str, Any] | None) -> list[Value] | None:
    """Return the values that SNS compares, for a list its elements; None for an ignored attribute.

    "Filter policy constraints": SNS compares String, String.Array and Number, and ignores Binary.
    """
    match attribute:
        case {"DataType": "String", "StringValue": str(text)}:
            return [json.loads(f'"{text}"')]
        case {"DataType": "Number", "StringValue": str(text)}:
            return [float(text)]
        case {"DataType": "String.Array", "StringValue": str(text)}:
            return _elements(text)
    return None


def _elements(text: str) -> list[Value]:
    try:
        elements = json.loads(text)
    except ValueError:
        return []
    if not isinstance(elements, list):
        return []
    return [e for e in elements if e is None or isinstance(e, str | int | float)]


def _reason(
    name: str, attribute: Mapping[str, Any] | None, conditions: tuple[Condition, ...]
) -> str:
    expected = " or ".join(map(str, conditions))
    match attribute:
        case None:
            return f"{name} is missing"
        case {"DataType": "Number", "StringValue": text}:
            return f"{name} {text} is not {expected}"
        case {"StringValue": text, "DataType": data_type}:
            numeric = any(isinstance(condition, Number) for condition in conditions)
            return f"{name} is {f'the {data_type} ' if numeric else ''}{text!r}, not {expected}"
    return f"{name} is {attribute.get('DataType')}, which filters ignore"
