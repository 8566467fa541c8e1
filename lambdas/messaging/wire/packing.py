"""Room for attributes: which of them travel as attributes, which inside the JSON of another one."""

from typing import Final

from messaging.limits import MAX_ATTRIBUTES, MAX_QUEUE_BYTES
from messaging.wire import encoding as wire
from messaging.wire.header import HEADER, REQUESTER, SENDER, TAG

# Bytes that the attributes `header` and `retry` may add to a copy: ids, times, 300 characters of an
# error.
ROOM_FOR_RETRY: Final = 8_192
# Characters: with at most four bytes each, and the rest for names and types.
_SURELY_SMALL: Final = MAX_QUEUE_BYTES // 5
_NEVER_PACKED: Final = frozenset({TAG, SENDER, REQUESTER, HEADER})


def pack(
    attributes: wire.Attributes, reserved: int
) -> tuple[wire.Attributes, dict[str, dict[str, str]]]:
    """Split attributes: the first part fits beside `reserved` others, the second travels inside the
    JSON of `retry` or `deadLetter`.

    The runtime's attributes are never packed, nor binary ones, which JSON cannot hold unchanged.
    """
    over = len(attributes) + reserved - MAX_ATTRIBUTES
    if over <= 0:
        return attributes, {}
    candidates = [
        name
        for name, value in attributes.items()
        if name not in _NEVER_PACKED and "StringValue" in value
    ]
    inside = set(candidates[-over:])
    return (
        {name: value for name, value in attributes.items() if name not in inside},
        {name: attributes[name] for name in attributes if name in inside},
    )


def copy_fits(body: str, attributes: wire.Attributes) -> bool:
    """Whether a copy with the attributes `header` and `retry` fits into a queue."""
    values = (each.get("BinaryValue") or each["StringValue"] for each in attributes.values())
    length = len(body) + sum(map(len, values))
    if length < _SURELY_SMALL and len(attributes) <= MAX_ATTRIBUTES - 2:
        return True
    outside, _ = pack(attributes, reserved=2)
    size = wire.size(body, attributes) + ROOM_FOR_RETRY
    return len(outside) + 2 <= MAX_ATTRIBUTES and size <= MAX_QUEUE_BYTES
