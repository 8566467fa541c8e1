"""Message attributes and bodies as SQS and SNS carry them: encoding, decoding, size in bytes."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from messaging.errors import InvalidMessage

T = TypeVar("T")

# Attribute name -> {"DataType": "String", "StringValue": "..."}, the form of both APIs.
Attributes = dict[str, dict[str, Any]]

# SQS refuses these two characters in a body or an attribute (SendMessage, "unicode characters"),
# and control characters, which msgspec escapes. In JSON these two can be written as escapes too.
_FORBIDDEN: Final = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}


def to_json(value: object) -> str:
    """Return `value` as JSON that SQS and SNS accept; raises InvalidMessage for a value that JSON
    cannot express.
    """
    try:
        return msgspec.json.encode(value).decode().translate(_FORBIDDEN)
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise InvalidMessage(
            f"{type(value).__name__} cannot be written as JSON: {error}"
        ) from error


def from_json(document: str, decoder: msgspec.json.Decoder[T]) -> T:
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


def attribute(name: str, value: object) -> dict[str, Any]:
    """Return the attribute `name` for a number, a boolean, a list or a tuple, or a non-empty
    printable text; raises InvalidMessage for anything else.
    """
    match value:
        case bool():
            return text("true" if value else "false")
        case int() | float():
            return {"DataType": "Number", "StringValue": json.dumps(value)}
        case str() if value and value.isprintable():
            return text(value)
        case list() | tuple():
            return {"DataType": "String.Array", "StringValue": to_json(value)}
    raise InvalidMessage(
        f"{name!r} cannot be a message attribute: it must be a number, a boolean, a list "
        "or a non-empty printable text"
    )


def from_event(attributes: Mapping[str, Mapping[str, Any]]) -> Attributes:
    """Return the attributes of a record of a Lambda event in the form of the SQS and SNS APIs."""
    return {name: _from_event(value) for name, value in attributes.items()}


def _from_event(value: Mapping[str, Any]) -> dict[str, Any]:
    data_type = str(value.get("dataType", "String"))
    if (string := value.get("stringValue")) is not None:
        return {"DataType": data_type, "StringValue": str(string)}
    import base64

    # The event carries binary values as base64; the API client encodes bytes itself.
    return {"DataType": data_type, "BinaryValue": base64.b64decode(value.get("binaryValue") or "")}


def from_notification(attributes: Mapping[str, Mapping[str, Any]]) -> Attributes:
    """Return the attributes of an SNS notification (a message without raw delivery) in the form of
    the SQS and SNS APIs.
    """
    return {
        name: {
            "DataType": str(value.get("Type", "String")),
            "StringValue": str(value.get("Value", "")),
        }
        for name, value in attributes.items()
    }


def size(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the bytes that count against the limits: of the body and the attributes."""
    return len(body.encode()) + sum(_sizes(attributes))


def _sizes(attributes: Mapping[str, Mapping[str, Any]]) -> Iterable[int]:
    for name, value in attributes.items():
        content = value.get("BinaryValue")
        payload = content if content is not None else str(value.get("StringValue", "")).encode()
        yield len(name.encode()) + len(str(value["DataType"]).encode()) + len(payload)
