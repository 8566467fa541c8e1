"""Replaces parts of MiniStack, after a check that they are the expected ones."""

import inspect
from typing import Any


def replace_function(owner: Any, name: str, by: Any, *parameters: str) -> Any:
    """Replace a function whose first parameters are these; return the old function."""
    found = getattr(owner, name, None)
    if found is None or not _begins(found, parameters):
        raise _different(owner, name)
    setattr(owner, name, by)
    return found


def replace_text(owner: Any, name: str, old: str, new: str) -> None:
    """Replace `old` by `new` in a text that contains `old` once."""
    text = getattr(owner, name, "")
    if text.count(old) != 1:
        raise _different(owner, name)
    setattr(owner, name, text.replace(old, new))


def _begins(function: Any, parameters: tuple[str, ...]) -> bool:
    return tuple(inspect.signature(function).parameters)[: len(parameters)] == parameters


def _different(owner: Any, name: str) -> RuntimeError:
    return RuntimeError(
        f"{owner.__name__}.{name} differs in this MiniStack: adapt ops/emulator_patches"
    )
