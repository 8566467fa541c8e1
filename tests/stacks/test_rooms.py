"""Which folder of stacks/ may import which: from the top down, extensions from the top only."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import stacks

ROOT: Final = Path(stacks.__file__).parent
# Each row may import the rows below it; parts of one row do not import each other.
ROWS: Final = (
    {"nag"},
    {"system"},
    {"service_stack", "channels_stack", "platform_stack", "dashboard_stack"},
    {"observability"},
    {"http"},
    {"compute"},
    {"storage"},
    {"queues"},
    {"support"},
    {"deployment"},
)
ROW: Final = {part: index for index, row in enumerate(ROWS) for part in row}


def imported(source: str) -> Iterator[str]:
    """The parts of stacks/ that a module imports."""
    for node in ast.walk(ast.parse(source)):
        paths = []
        if isinstance(node, ast.Import):
            paths = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            paths = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (path.split(".")[1] for path in paths if path.startswith("stacks."))


def allowed(part: str, other: str) -> bool:
    """Whether a part of stacks/ may import another."""
    if other == "extensions":
        return part in {"system", "extensions"}
    if part == "extensions":
        return other in {"storage", "support", "deployment"}
    return part == other or ROW[part] < ROW[other]


def modules() -> Iterator[tuple[str, Path]]:
    """Every module with the part that it is in."""
    for path in sorted(ROOT.rglob("*.py")):
        part = path.relative_to(ROOT).with_suffix("").parts[0]
        if part != "__init__":
            yield part, path


@pytest.mark.parametrize(
    ("part", "path"),
    [pytest.param(part, path, id=str(path.relative_to(ROOT))) for part, path in modules()],
)
def test_a_module_imports_downwards_only(part: str, path: Path) -> None:
    assert [other for other in imported(path.read_text()) if not allowed(part, other)] == []


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("support", "from stacks.queues.queue_pair import QueuePair"),
        ("storage", "import stacks.compute.function"),
        ("compute", "def late():\n    from stacks import observability"),
        ("channels_stack", "from stacks.platform_stack import PlatformStack"),
        ("storage", "from stacks.extensions import data_lake"),
        ("extensions", "from stacks.system import build"),
    ],
)
def test_an_import_upwards_is_noticed(part: str, source: str) -> None:
    assert [other for other in imported(source) if not allowed(part, other)]


def test_a_folder_has_twelve_modules_at_most() -> None:
    for folder in (ROOT, *(path for path in ROOT.iterdir() if path.is_dir())):
        if folder.name != "extensions":
            assert len([path for path in folder.glob("*.py") if path.stem != "__init__"]) <= 12
