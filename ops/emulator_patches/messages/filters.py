"""Filters: SNS compares numbers with numbers and texts with texts.

MiniStack compares the text of an attribute whatever its type: a String "60" passes a numeric
condition. SNS compares attributes of the types String, String.Array (element by element) and
Number, each by its type, and ignores all others. A subscription with a filter on attributes drops a
message if one of its String attributes, whether the filter names it or not, is no valid JSON string
between quotation marks. Sources: "Filter policy constraints", "Numeric value matching", "Key
matching" and "Amazon SNS message attributes" in the SNS developer guide; that attributes count that
no filter names is seen on AWS (DataDog/dd-trace-py, issue 3384).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import sns

from ops.emulator_patches.messages.attributes import Attributes
from ops.emulator_patches.replacing import replace_function

Lookup = Callable[[str], tuple[bool, list[Any], bool]]


def _passes(sub: dict[str, Any], message_attributes: Attributes, message: str = "") -> bool:
    attributes = sub["attributes"]
    filtered = json.loads(attributes.get("FilterPolicy") or "{}")
    if filtered and attributes.get("FilterPolicyScope") != "MessageBody":
        texts = [a["StringValue"] for a in message_attributes.values() if a["DataType"] == "String"]
        if not all(map(_is_json_string, texts)):
            return False
    return bool(_matches_filter_policy(sub, message_attributes, message))


def _is_json_string(text: str) -> bool:
    try:
        return isinstance(json.loads(f'"{text}"'), str)
    except ValueError:
        return False


def _lookup(message_attributes: Attributes) -> Lookup:
    """Return a function name -> is it present, its values, has the message any attribute."""

    def look(name: str) -> tuple[bool, list[Any], bool]:
        values = _values(message_attributes.get(name, {}))
        return values is not None, values or [], bool(message_attributes)

    return look


def _values(attribute: Mapping[str, Any]) -> list[Any] | None:
    text = str(attribute.get("StringValue", ""))
    match attribute.get("DataType"):
        case "String":
            return [json.loads(f'"{text}"')]
        case "Number":
            return [float(text)]
        case "String.Array":
            return _elements(text)
    return None


def _elements(text: str) -> list[Any]:
    try:
        elements = json.loads(text)
    except ValueError:
        return []
    return elements if isinstance(elements, list) else []


def _number(value: Any) -> float | None:
    """Return a number's value; a text is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


_matches_filter_policy = replace_function(
    sns, "_matches_filter_policy", _passes, "sub", "message_attributes", "message"
)
replace_function(sns, "_attribute_lookup", _lookup, "message_attributes")
replace_function(sns, "_as_number", _number, "value")
