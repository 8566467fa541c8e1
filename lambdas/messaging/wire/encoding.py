"""Message attributes and bodies as SQS and SNS carry them: encoding, decoding, size in bytes."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from messaging.errors import InvalidMessage

T = TypeVar("T")

# Attribute name -> {"DataType": "String", "StringValue": "..."} or
# {"DataType": "Binary", "BinaryValue": b"..."}, the form of both APIs.
Attributes = dict[str, dict[str, Any]]

# Attributes inside a JSON document.
Packable = Mapping[str, Mapping[str, Any]]

# SQS refuses these two characters in a body or an attribute (SendMessage, "unicode characters"),
# and control characters, which msgspec escapes. In JSON these two can be written as escapes too.
_FORBIDDEN: Final = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}
_MAX_DIGITS: Final = 38
_NUMBER: Final = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"


def to_json(value: object) -> str:
    """Return `value` as JSON that SQS and SNS accept as a text; raises InvalidMessage for a value
    that JSON cannot express.
    """
    return to_json_bytes(value).decode().translate(_FORBIDDEN)


def to_json_bytes(value: object) -> bytes:
    """Return `value` as JSON in UTF-8; raises InvalidMessage for what JSON cannot express."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise InvalidMessage(
            f"{type(value).__name__} cannot be written as JSON: {error}"
        ) from error


def from_json(document: str | bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the decoded document; raises InvalidMessage for anything that `decoder` refuses."""
    try:
        return decoder.decode(document)
    except RecursionError as error:
        raise InvalidMessage("the document is nested too deeply") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidMessage(str(error)) from error


def text(value: str) -> dict[str, Any]:
    """Return a String attribute."""
    return {"DataType": "String", "StringValue": value}


def binary(value: bytes) -> dict[str, Any]:
    """Return a Binary attribute."""
    return {"DataType": "Binary", "BinaryValue": value}


def text_of(attribute: Mapping[str, Any]) -> str:
    """Return the text of an attribute, "" for a binary one."""
    return str(attribute.get("StringValue", ""))


def is_accepted(value: str) -> bool:
    """Whether SNS and SQS accept a text: it is not empty and has no surrogates, no U+FFFE or
    U+FFFF, and of the characters below U+0020 only tab, line feed and carriage return.
    """
    if value.isprintable():
        return bool(value)
    # Imported here: nearly every text is printable, and each printable character is accepted.
    import re

    return not re.search(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", value)


def is_filterable(value: str) -> bool:
    """Whether SNS can read a text where a subscription filters on attributes: a JSON string without
    escapes, so no quotation mark, backslash or character below U+0020.
    """
    return not ('"' in value or "\\" in value or (not value.isprintable() and min(value) < " "))


def is_attribute(name: str, value: Mapping[str, Any]) -> bool:
    """Whether SQS accepts an attribute (developer guide, "Amazon SQS message metadata")."""
    import re

    kind = str(value["DataType"])
    content = value.get("BinaryValue") or is_accepted(text_of(value))
    return bool(
        content
        and re.fullmatch(r"(?!(?i:aws|amazon)\.)(?!.*\.\.)(?!\.)[\w.-]{1,256}(?<!\.)", name, re.A)
        and re.fullmatch(r"(String|Number|Binary)(\.[\w.-]+)?", kind, re.A)
        and kind.startswith("Binary") == ("BinaryValue" in value)
        and (not kind.startswith("Number") or re.fullmatch(_NUMBER, text_of(value), re.A))
    )


def attribute(name: str, value: object) -> dict[str, Any]:
    """Return the attribute `name` for a boolean, a list or a tuple, or a number or a text that SNS
    and SQS accept (`is_accepted`); raises InvalidMessage for anything else: SNS would refuse the
    whole batch.
    """
    match value:
        case bool():
            return text("true" if value else "false")
        case int() | float() if _is_number(value):
            return {"DataType": "Number", "StringValue": json.dumps(value)}
        case str() if is_accepted(value):
            return text(value)
        case list() | tuple():
            return {"DataType": "String.Array", "StringValue": to_json(value)}
    raise InvalidMessage(
        f"{name!r} cannot be a message attribute: it must be a finite number of up to 38 digits, "
        "a boolean, a list or a text that is not empty and has no control characters but tab and "
        "line ends"
    )


def _is_number(value: float) -> bool:
    """Whether SNS and SQS accept a number (developer guide: "up to 38 digits of precision, between
    10^-128 and 10^+126"). No float has more digits.
    """
    if value and not 1e-128 <= abs(value) <= 1e126:
        return False
    return isinstance(value, float) or len(str(value).strip("-0")) <= _MAX_DIGITS


def from_event(attributes: Mapping[str, Mapping[str, Any]]) -> Attributes:
    """Return the attributes of a record of a Lambda event in the form of the SQS and SNS APIs.

    An attribute without a value is left out: SQS would refuse it. Raises InvalidMessage for a
    binary value that is not base64.
    """
    found = {name: _from_event(value) for name, value in attributes.items()}
    return found if all(found.values()) else {name: each for name, each in found.items() if each}


def _from_event(value: Mapping[str, Any]) -> dict[str, Any]:
    data_type = str(value.get("dataType", "String"))
    if string := value.get("stringValue"):
        return {"DataType": data_type, "StringValue": str(string)}
    if binary := value.get("binaryValue"):
        return {"DataType": data_type, "BinaryValue": _decoded(binary)}
    return {}


def from_notification(attributes: Mapping[str, Mapping[str, Any]]) -> Attributes:
    """Return the attributes of an SNS notification (a message without raw delivery) in the form of
    the SQS and SNS APIs; raises InvalidMessage for attributes that SQS would refuse.
    """
    found = {name: _from_notification(value) for name, value in attributes.items()}
    if refused := [name for name, value in found.items() if not is_attribute(name, value)]:
        raise InvalidMessage(f"SQS does not accept the attribute {refused[0][:100]!r}")
    return found


def _from_notification(value: Mapping[str, Any]) -> dict[str, Any]:
    data_type, content = str(value.get("Type", "String")), str(value.get("Value", ""))
    if data_type.startswith("Binary"):
        return {"DataType": data_type, "BinaryValue": _decoded(content)}
    return {"DataType": data_type, "StringValue": content}


def _decoded(value: str) -> bytes:
    """Return a binary value, which events and notifications carry as base64; the API client
    encodes bytes itself.
    """
    try:
        # msgspec has a decoder for base64; `binascii` would be one more module to load.
        return msgspec.convert(value, bytes)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidMessage(f"a binary attribute is not base64: {error}") from error


def size(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the bytes that count against the limits: of the body and the attributes."""
    return len(body.encode()) + sum(_sizes(attributes))


def _sizes(attributes: Mapping[str, Mapping[str, Any]]) -> Iterable[int]:
    for name, value in attributes.items():
        content = value.get("BinaryValue")
        payload = content if content is not None else str(value.get("StringValue", "")).encode()
        yield len(name.encode()) + len(str(value["DataType"]).encode()) + len(payload)
