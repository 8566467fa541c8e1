"""A plugin of pytest, `-p tests.profiles.recording --recording FILE`: writes the permissions that
are granted in each emulator of the tests, and those that each test has used.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from ops.local import emulator
from ops.local.aws import Aws
from tests.permissions import Permission, granted, record_anew, recorded


@dataclass
class Recording:
    """What is granted, and for each test by its node id what was used; `denied` is what the last
    test was denied.
    """

    granted: set[Permission] = field(default_factory=set)
    used: dict[str, set[Permission]] = field(default_factory=dict)
    denied: set[Permission] = field(default_factory=set)

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


KEY: Final = pytest.StashKey[Recording]()


def homes(config: pytest.Config) -> list[Path]:
    """Return the folders of the tests' emulators that run."""
    factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
    found = factory.getbasetemp().glob("*/emulator.json")
    return [file.parent for file in found if emulator.running(file.parent)]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the file."""
    parser.addoption("--recording", type=Path, required=True, help="the file to write")


def pytest_configure(config: pytest.Config) -> None:
    """Begin a recording."""
    config.stash[KEY] = Recording()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Note what the test has used, before the emulators may end."""
    recording = item.config.stash[KEY]
    used = recording.used.setdefault(item.nodeid, set())
    recording.denied.clear()
    for home in homes(item.config):
        found = recorded(home)
        used |= found.allowed
        recording.denied |= found.denied
        record_anew(home)
    if nextitem is None or nextitem.path != item.path:
        note_granted(item.config)
    return (yield)


def note_granted(config: pytest.Config) -> None:
    """Note what is granted in each emulator that runs."""
    for home in homes(config):
        config.stash[KEY].granted |= granted(Aws(emulator.require(home).endpoint))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the file."""
    session.config.stash[KEY].save(session.config.getoption("--recording"))
