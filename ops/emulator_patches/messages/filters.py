"""Filters: SNS compares numbers with numbers and texts with texts.

MiniStack compares the text of an attribute whatever its type: a String "60" passes a numeric
condition. SNS compares attributes of the types String, String.Array (element by element) and
Number, each by its type, and ignores all others. Sources: "Filter policy constraints", "Numeric
value matching" and "Key matching" in the SNS developer guide.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import sns

from ops.emulator_patches.messages.attributes import Attributes
from ops.emulator_patches.replacing import replace_function

Lookup = Callable[[str], tuple[bool, list[Any], bool]]


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
            return [text]
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


replace_function(sns, "_attribute_lookup", _lookup, "message_attributes")
replace_function(sns, "_as_number", _number, "value")
