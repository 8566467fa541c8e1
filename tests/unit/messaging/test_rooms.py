"""The rooms of the runtime: a room imports rooms of lower floors, and its own modules."""

import ast
from pathlib import Path
from typing import Final

import pytest

import messaging

ROOT: Final = Path(messaging.__file__).parent
# From top to bottom; rooms of one floor do not import each other.
FLOORS: Final = (
    ("testing",),
    # The doors, which import names when they are used.
    ("__init__",),
    ("consumer",),
    ("function",),
    ("http",),
    ("conversation",),
    ("sending",),
    ("table",),
    ("wire", "aws"),
    ("settings",),
    ("deadline",),
    ("errors", "limits", "policy", "log"),
)
FLOOR: Final = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES: Final = sorted(ROOT.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_rooms(source: str) -> set[str]:
    """The rooms that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "messaging":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("messaging."):
            found.add((node.module or "").split(".")[1])
    return found


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in MODULES]
)
def test_a_room_imports_lower_floors_only(path: Path) -> None:
    room = room_of(path)
    above = {
        each
        for each in imported_rooms(path.read_text())
        if each != room and FLOOR[each] <= FLOOR[room]
    }
    assert above == set()


def test_every_module_is_in_a_known_room() -> None:
    assert {room_of(path) for path in MODULES} == set(FLOOR)


def test_only_doors_export_names() -> None:
    doors = {ROOT / "__init__.py", ROOT / "http/__init__.py", ROOT / "testing/__init__.py"}
    for path in ROOT.rglob("__init__.py"):
        if path not in doors:
            (statement,) = ast.parse(path.read_text()).body
            assert isinstance(statement, ast.Expr), f"{path} holds more than its docstring"


def test_only_one_module_touches_the_sdks_session() -> None:
    users = [path for path in MODULES if "botocore.session" in path.read_text()]
    assert users == [ROOT / "aws" / "clients.py"]


def test_no_room_has_more_than_twelve_modules() -> None:
    folders = {path.parent for path in MODULES}
    assert all(len(list(folder.glob("[!_]*.py"))) <= 12 for folder in folders)
