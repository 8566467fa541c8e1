"""What of a message must be kept, by the rules of the design: the model of `messaging.wire`."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from messaging.testing import Sender
from messaging.wire import encoding as wire

STATE: Final = ("retry", "deadLetter")
_RESERVED: Final = {"msgTag", "fromService", "requestService", "header", *STATE}


def header_in(attributes: wire.Attributes) -> dict[str, Any]:
    """Return the header, empty where there is none or it cannot be read."""
    value = attributes.get("header", {})
    return document(value.get("BinaryValue") or value.get("StringValue", "{}"))


def document(text: str | bytes) -> dict[str, Any]:
    """Return a JSON object, empty for anything else."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def content(attributes: wire.Attributes, sender: str) -> wire.Attributes:
    """Return what the application has sent: without the runtime's state, and with what lies packed
    in it, unless the sender is SNS.
    """
    kept = {name: value for name, value in attributes.items() if name not in STATE}
    for name in STATE if sender != Sender.SNS else ():
        state = document(attributes.get(name, {}).get("StringValue", "{}"))
        for inner, value in _packed(state):
            if inner not in _RESERVED:
                kept.setdefault(inner, value)
    return kept


def _packed(state: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    texts, binary = state.get("attributes", {}), state.get("binary", {})
    # Nothing is read of what does not have the form.
    if all("StringValue" in value for value in texts.values()):
        yield from texts.items()
        for name, value in binary.items():
            yield name, {**value, "BinaryValue": base64.b64decode(value["BinaryValue"])}
