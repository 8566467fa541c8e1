"""Rules of SQS and SNS for message attributes, and the size of a message.

Sources: "Message metadata for Amazon SQS" and SendMessage (SQS); "Amazon SNS message attributes".
Both services have the same rules for names, data types and values.
"""

import base64
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

# Name -> {"DataType": ..., "StringValue": ...}, or "BinaryValue" with base64.
Attributes = Mapping[str, Mapping[str, Any]]

# Everything outside U+0009, U+000A, U+000D, U+0020-U+D7FF, U+E000-U+FFFD, U+10000-U+10FFFF.
FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MAX_LENGTH: Final = 256
_NAME: Final = re.compile(r"(?!(?:AWS|Amazon)\.)[A-Z0-9_-]+(?:\.[A-Z0-9_-]+)*", re.I | re.A)
_TYPE: Final = re.compile(r"(String|Number|Binary)(\..+)?", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
# "Up to 38 digits of precision, between 10^-128 and 10^+126."
_MAX_DIGITS: Final = 38
_EXPONENTS: Final = range(-128, 126)


def fault(attributes: Attributes) -> str | None:
    """Return why the services refuse these attributes, or None."""
    for name, attribute in attributes.items():
        if text := _fault(name, attribute):
            return f"The message attribute {name!r} {text}."
    return None


def size(body: str, attributes: Attributes) -> int:
    """Return the bytes of a message that count: body, and names, types and values."""
    return _bytes(body) + sum(
        _bytes(name) + _bytes(str(attribute.get("DataType", ""))) + _value_bytes(attribute)
        for name, attribute in attributes.items()
    )


def _fault(name: str, attribute: Mapping[str, Any]) -> str | None:
    if len(name) > _MAX_LENGTH or not _NAME.fullmatch(name):
        return (
            "has an invalid name: use letters, digits, _ - and single periods, no AWS. or Amazon."
        )
    data_type = str(attribute.get("DataType", ""))
    found = _TYPE.fullmatch(data_type)
    if not found or len(data_type) > _MAX_LENGTH or FORBIDDEN.search(data_type):
        return "has an invalid type: the prefixes of types are Binary, Number and String"
    if found[1] == "Binary":
        return _field_fault(attribute, data_type, "BinaryValue", "StringValue")
    return _field_fault(attribute, data_type, "StringValue", "BinaryValue") or _text_fault(
        found[1], attribute["StringValue"]
    )


def _field_fault(
    attribute: Mapping[str, Any], data_type: str, field: str, other: str
) -> str | None:
    if attribute.get(other):
        return f"with type {data_type!r} must use field {field}"
    if not attribute.get(field):
        return f"must contain a non-empty value of type {data_type!r}"
    return None


def _text_fault(kind: str, text: str) -> str | None:
    if FORBIDDEN.search(text):
        return "contains characters outside the allowed set"
    return "is not a number" if kind == "Number" and not _is_number(text) else None


def _is_number(text: str) -> bool:
    if not _NUMBER.fullmatch(text):
        return False
    number = Decimal(text)
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return not number or (len(digits) <= _MAX_DIGITS and number.adjusted() in _EXPONENTS)


def _value_bytes(attribute: Mapping[str, Any]) -> int:
    if binary := attribute.get("BinaryValue"):
        return len(base64.b64decode(binary))
    return _bytes(str(attribute.get("StringValue") or ""))


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
