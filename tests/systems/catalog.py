"""The tests' own systems. Each folder here has one, in `system.py`, and its code in `lambdas/`."""

import shutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

from topology import LAMBDAS, names, registry
from topology.model import System

_HERE: Final = Path(__file__).parent
_NO_CACHE: Final = shutil.ignore_patterns("__pycache__")


def _systems() -> Mapping[str, System]:
    folders = sorted(path.parent.name for path in _HERE.glob("*/system.py"))
    found: list[System] = [import_module(f"tests.systems.{each}.system").system for each in folders]
    assert [system.name for system in found] == folders
    return dict(zip(folders, found, strict=True))


SYSTEMS: Final = _systems()


def chosen(config: pytest.Config) -> Mapping[str, System]:
    """Return the systems that the rules run over: the tests' own, or with `--systems team` those
    of the folder `systems/`.
    """
    return registry.systems() if config.getoption("--systems") == "team" else SYSTEMS


def has_code(system: System) -> bool:
    """Whether the functions of a system do something."""
    return SYSTEMS.get(system.name) is not system or (_HERE / system.name / "lambdas").is_dir()


def code(system: System, folder: Path) -> Path:
    """Return the folder with the code of a system's functions. For one of the tests' systems this
    is `folder`, which is made, with the same layout as `lambdas/`; handlers of a system that has
    no code do nothing.
    """
    if SYSTEMS.get(system.name) is not system:
        return LAMBDAS
    for package in ("contracts", "messaging"):
        shutil.copytree(LAMBDAS / package, folder / package, ignore=_NO_CACHE)
    shutil.copy(LAMBDAS / "requirements.txt", folder)
    if has_code(system):
        own = _HERE / system.name / "lambdas"
        shutil.copytree(own, folder, dirs_exist_ok=True, ignore=_NO_CACHE)
    else:
        _write_handlers(system, folder)
    return folder


def _write_handlers(system: System, folder: Path) -> None:
    for service in system.services:
        package = folder / names.package(service.name)
        package.mkdir()
        (package / "handler.py").write_text('"""Does nothing."""\n')
