"""The systems that can be deployed: each module of the folder systems/ defines one, `system`."""

import functools
import json
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from topology.model import System

ROOT: Final = Path(__file__).resolve().parent.parent


class UnknownSystem(LookupError):
    """No system has this name, or a module of systems/ has no system."""


@functools.cache
def systems() -> Mapping[str, System]:
    """Return every system by name.

    Raises UnknownSystem for a module without a system, and for two systems with one name.
    """
    found: dict[str, System] = {}
    for module in pkgutil.iter_modules([str(ROOT / "systems")]):
        file = f"systems/{module.name}.py"
        system = getattr(_imported(module.name, file), "system", None)
        if not isinstance(system, System):
            raise UnknownSystem(f"{file} has no `system`: write `system = System(name=..., ...)`")
        if system.name in found:
            raise UnknownSystem(f"{file} has a second system {system.name!r}: give it another name")
        found[system.name] = system
    return found


def _imported(name: str, file: str) -> ModuleType:
    """Import a module of systems/; raises UnknownSystem, which names the file."""
    try:
        return import_module(f"systems.{name}")
    except Exception as error:
        raise UnknownSystem(
            f"{file} cannot be imported: {type(error).__name__}: {error}"
        ) from error


def find(name: str) -> System:
    """Return a system by name; raises UnknownSystem, which lists the known names."""
    found = systems()
    if name not in found:
        known = f"only {', '.join(found)}" if found else "and no other: systems/ has no module"
        raise UnknownSystem(f"there is no system {name!r}, {known} (see the folder systems/)")
    return found[name]


def default() -> str:
    """Return the name of the default system: `system` in the context of cdk.json.

    Raises UnknownSystem when cdk.json names no system or cannot be read.
    """
    try:
        name = json.loads((ROOT / "cdk.json").read_text()).get("context", {}).get("system")
    except (OSError, ValueError) as error:
        raise UnknownSystem(f"cdk.json cannot be read: {error}") from error
    if not isinstance(name, str):
        raise UnknownSystem('cdk.json names no system: write "system": "<name>" in its context')
    return name
