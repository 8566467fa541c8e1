"""The registry finds the systems of a folder; what is wrong with one is a message with its file."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ops.demo import catalog
from ops.errors import OpsError
from topology import registry
from topology.registry import UnknownSystem

GOOD = 'from topology.model import System\n\nsystem = System(name="{name}", services=())\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project, whose systems and demos are found instead of this one's."""
    for folder in ("systems", "demos"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    monkeypatch.setattr(registry, "ROOT", tmp_path)
    monkeypatch.setattr(catalog, "ROOT", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = _forget()
    yield tmp_path
    _forget()
    sys.modules.update(before)


def _forget() -> dict[str, ModuleType]:
    registry.systems.cache_clear()
    catalog.demos.cache_clear()
    names = [each for each in sys.modules if each.split(".")[0] in ("systems", "demos")]
    return {name: sys.modules.pop(name) for name in names}


def test_every_module_is_a_system(project: Path) -> None:
    for name in ("one", "two"):
        (project / "systems" / f"{name}.py").write_text(GOOD.format(name=name))
    assert list(registry.systems()) == ["one", "two"]
    assert registry.find("two").name == "two"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ValueError('no')", r"systems/odd.py cannot be imported: ValueError: no"),
        ("def", r"systems/odd.py cannot be imported: SyntaxError"),
        ("services = ()", r"systems/odd.py has no `system`"),
        (GOOD.format(name="good"), r"systems/odd.py has a second system 'good'"),
    ],
)
def test_a_module_that_is_no_system_is_named(project: Path, code: str, message: str) -> None:
    (project / "systems" / "good.py").write_text(GOOD.format(name="good"))
    (project / "systems" / "odd.py").write_text(code)
    with pytest.raises(UnknownSystem, match=message):
        registry.find("good")


def test_without_systems_the_folder_is_named(project: Path) -> None:
    with pytest.raises(UnknownSystem, match="systems/ has no module"):
        registry.find("any")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cdk.json cannot be read"),
        ("{", "cdk.json cannot be read"),
        ('{"context": {}}', "cdk.json names no system"),
        ('{"context": {"system": 3}}', "cdk.json names no system"),
    ],
)
def test_a_cdk_json_without_a_system_says_what_to_write(
    project: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (project / "cdk.json").write_text(content)
    with pytest.raises(UnknownSystem, match=message):
        registry.default()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ValueError('no')", "demos.odd cannot be imported: ValueError: no"),
        ("NAME = 'odd'", "demos.odd has no SYSTEM, drive"),
    ],
)
def test_a_package_that_is_no_demo_is_named(project: Path, code: str, message: str) -> None:
    (project / "demos" / "odd").mkdir()
    (project / "demos" / "odd" / "__init__.py").write_text(code)
    with pytest.raises(OpsError, match=message):
        catalog.find("odd")
