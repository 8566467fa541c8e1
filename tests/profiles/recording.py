"""A plugin of pytest, `-p tests.profiles.recording --recording FILE`: writes the permissions that
are granted in each emulator of the tests, and those that each test has used.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ops.local import emulator
from ops.local.aws import Aws
from tests.permissions import Permission, granted, record_anew, recorded


@dataclass
class Recording:
    """What is granted, and for each test by its node id what was used."""

    granted: set[Permission] = field(default_factory=set)
    used: dict[str, set[Permission]] = field(default_factory=dict)

    def save(self, file: Path) -> None:
        """Write the recording as JSON."""
        used = {test: sorted(permissions) for test, permissions in self.used.items()}
        file.write_text(json.dumps({"granted": sorted(self.granted), "used": used}, indent=1))

    @classmethod
    def load(cls, file: Path) -> "Recording":
        """Read a recording."""
        found: Any = json.loads(file.read_text())
        return cls(
            _set(found["granted"]), {test: _set(each) for test, each in found["used"].items()}
        )

    def surplus(self) -> list[Permission]:
        """Return what is granted and no test has used."""
        used = {each for permissions in self.used.values() for each in permissions}
        return sorted(
            each for each in self.granted if not any(each.covers(other) for other in used)
        )


def _set(found: list[list[str]]) -> set[Permission]:
    return {Permission(*each) for each in found}


def emulators(basetemp: Path) -> list[Path]:
    """Return the folders of the tests' emulators that run."""
    return [
        file.parent for file in basetemp.glob("*/emulator.json") if emulator.running(file.parent)
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the file."""
    parser.addoption("--recording", type=Path, required=True, help="the file to write")


def pytest_configure(config: pytest.Config) -> None:
    """Record from the first test on."""
    config.pluginmanager.register(_Recorder(config))


class _Recorder:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.recording = Recording()

    def homes(self) -> list[Path]:
        factory: pytest.TempPathFactory = self.config._tmp_path_factory  # type: ignore[attr-defined]
        return emulators(factory.getbasetemp())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        """Note what the test has used, before the emulators may end."""
        for home in self.homes():
            found = recorded(home).allowed
            record_anew(home)
            self.recording.used.setdefault(item.nodeid, set()).update(found)
            if nextitem is None or nextitem.path != item.path:
                self.recording.granted |= granted(Aws(emulator.require(home).endpoint))
        return (yield)

    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        self.recording.save(self.config.getoption("--recording"))
