"""The differences of two JSON documents, by path."""

from collections.abc import Iterator
from typing import Any

import msgspec

# What stands for a value that is missing.
_MISSING = "(missing)"


def differences(first: str, second: str) -> list[str]:
    """Return a line for each value that differs, e.g. `$.lines[1].price: 1.5, then 1.6`."""
    return list(_compare("$", msgspec.json.decode(first), msgspec.json.decode(second)))


def _compare(path: str, first: Any, second: Any) -> Iterator[str]:
    if isinstance(first, dict) and isinstance(second, dict):
        for name in [*first, *(name for name in second if name not in first)]:
            yield from _compare(
                f"{path}.{name}", first.get(name, _MISSING), second.get(name, _MISSING)
            )
    elif isinstance(first, list) and isinstance(second, list):
        for position in range(max(len(first), len(second))):
            both = [
                each[position] if position < len(each) else _MISSING for each in (first, second)
            ]
            yield from _compare(f"{path}[{position}]", *both)
    elif first != second or type(first) is not type(second):
        yield f"{path}: {_shown(first)}, then {_shown(second)}"


def _shown(value: Any) -> str:
    return _MISSING if value == _MISSING else msgspec.json.encode(value).decode()
