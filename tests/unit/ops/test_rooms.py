"""Which part of ops/ may import which, and what ops/ and benchmarks/ may not import at all."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from ops.paths import ROOT

# Each row may import the rows below it; parts of one row do not import each other.
ROWS: Final = (
    {"__main__"},
    {"cli"},
    {"demo", "quality"},
    {"up"},
    {"inspect"},
    {"local"},
    {"systems"},
    {"errors", "paths", "polling"},
    # Runs inside the emulator.
    {"emulator_patches"},
)
ROW: Final = {part: index for index, row in enumerate(ROWS) for part in row}
# Demos are found by name; benchmarks, templates and chaos are other programs.
OTHERS: Final = {
    "ops": {"benchmarks", "demos", "stacks", "systems", "tests"},
    "benchmarks": {"demos", "stacks", "systems", "tests"},
}


def imported(source: str) -> Iterator[str]:
    """Yield the modules that a source imports, e.g. "ops.local.cdk.run"."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong(part: str, source: str) -> list[str]:
    """Return the imports of a module of ops/ that go upwards or sideways."""
    found = [path.split(".")[1] for path in imported(source) if path.startswith("ops.")]
    return [each for each in found if each in ROW and each != part and ROW[each] <= ROW[part]]


def modules(folder: str) -> Iterator[Path]:
    """Return every module of a folder."""
    yield from sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=str(path.relative_to(ROOT))) for path in modules("ops")],
)
def test_a_module_imports_downwards_only(path: Path) -> None:
    part = path.relative_to(ROOT / "ops").with_suffix("").parts[0]
    if part != "__init__":
        assert wrong(part, path.read_text()) == []


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("local", "from ops.inspect import status"),
        ("local", "from ops import up"),
        ("demo", "import ops.quality.check"),
        ("errors", "def late():\n    from ops.paths import ROOT"),
    ],
)
def test_an_import_upwards_or_sideways_is_noticed(part: str, source: str) -> None:
    assert wrong(part, source)


@pytest.mark.parametrize("folder", OTHERS)
def test_examples_and_other_programs_are_not_imported(folder: str) -> None:
    for path in modules(folder):
        found = {each.partition(".")[0] for each in imported(path.read_text())}
        assert not found & OTHERS[folder], path


@pytest.mark.parametrize("folder", ["ops", "benchmarks"])
def test_a_folder_has_twelve_modules_at_most(folder: str) -> None:
    folders = {path.parent for path in modules(folder)}
    for each in folders:
        assert len([path for path in each.glob("*.py") if path.stem != "__init__"]) <= 12, each
