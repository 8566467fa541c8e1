"""Room for attributes: which of them travel as attributes, which inside the JSON of another one."""

from typing import Any, Final

from messaging.limits import MAX_ATTRIBUTES, MAX_QUEUE_BYTES
from messaging.wire import encoding as wire
from messaging.wire.header import HEADER, REQUESTER, SENDER, TAG, Packed

# Bytes that the attributes `header` and `retry` may add to a copy: ids, times, 300 characters of an
# error.
ROOM_FOR_RETRY: Final = 8_192
# Characters: with at most four bytes each, and the rest for names and types.
_SURELY_SMALL: Final = MAX_QUEUE_BYTES // 5
_NEVER_PACKED: Final = frozenset({TAG, SENDER, REQUESTER, HEADER})
_NONE: Final = Packed()


def pack(attributes: wire.Attributes, reserved: int) -> tuple[wire.Attributes, Packed]:
    """Split attributes: the first part fits beside `reserved` others, the second travels inside the
    JSON of `retry` or `deadLetter`.

    The runtime's attributes are never packed, and bytes only if there are not enough texts: in
    base64 they take a third more room.
    """
    over = len(attributes) + reserved - MAX_ATTRIBUTES
    if over <= 0:
        return attributes, _NONE
    names = [name for name in attributes if name not in _NEVER_PACKED]
    names.sort(key=lambda name: "StringValue" in attributes[name])
    inside = frozenset(names[-over:])
    return (
        {name: value for name, value in attributes.items() if name not in inside},
        Packed(
            attributes=_part(attributes, inside, "StringValue"),
            binary=_part(attributes, inside, "BinaryValue"),
        ),
    )


def _part(attributes: wire.Attributes, names: frozenset[str], value: str) -> dict[str, Any]:
    return {
        name: attributes[name] for name in attributes if name in names and value in attributes[name]
    }


def copy_fits(body: str, attributes: wire.Attributes) -> bool:
    """Whether a copy with the attributes `header` and `retry` fits into a queue."""
    values = (each.get("StringValue") or each["BinaryValue"] for each in attributes.values())
    length = len(body) + sum(map(len, values))
    if length < _SURELY_SMALL and len(attributes) <= MAX_ATTRIBUTES - 2:
        return True
    reserved = 1 if HEADER in attributes else 2
    outside, inside = pack(attributes, reserved)
    size = wire.size(body, outside) + len(wire.to_json(inside).encode()) + ROOM_FOR_RETRY
    return size <= MAX_QUEUE_BYTES
