"""The fields of a message as JSON and as SNS attributes."""

import types
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from contracts import Message
from topology.filters.conditions import Kind

_KINDS: Final[dict[Any, Kind]] = {str: "text", int: "number", float: "number", bool: "flag"}


def fields(message: type[Message]) -> dict[str, Any]:
    """Return the types of a message's fields, by their names in JSON."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(message)}


def required(message: type[Message]) -> dict[str, Any]:
    """Return the types of a message's required fields, by their names in JSON."""
    found = fields(message)
    return {
        field.encode_name: found[field.encode_name]
        for field in msgspec.structs.fields(message)
        if field.required
    }


def scalar(annotation: Any) -> bool:
    """Whether a field always has a single value: a text, a number or a boolean."""
    plain = _plain(annotation)
    optional = type(None) in get_args(plain)
    return not optional and get_origin(plain) not in (list, tuple) and kind(plain) is not None


def kind(annotation: Any) -> Kind | None:
    """Return the kind of attribute that a field becomes, optional or not; None for no kind.

    The kind of a list of texts is "text": SNS compares its elements.
    """
    plain = _plain(annotation)
    origin, parts = get_origin(plain), get_args(plain)
    if origin in (Union, types.UnionType):
        return _common([part for part in parts if part is not types.NoneType])
    if origin is Literal:
        return _common([type(part) for part in parts])
    if origin in (list, tuple):
        elements = {_plain(part) for part in parts if part is not Ellipsis}
        return "text" if elements == {str} else None
    return _KINDS.get(plain)


def _plain(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _common(parts: list[Any]) -> Kind | None:
    kinds = {kind(part) for part in parts}
    return kinds.pop() if len(kinds) == 1 else None
