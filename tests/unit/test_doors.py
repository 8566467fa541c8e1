"""Services import the runtime through its doors only: `messaging`, `messaging.http`, `.testing`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import messaging
import messaging.http
import messaging.testing
from topology import LAMBDAS

FRAMEWORK = ("contracts", "messaging")
DOORS = {
    "messaging": messaging.__all__,
    "messaging.http": messaging.http.__all__,
    "messaging.testing": messaging.testing.__all__,
}


def service_files() -> Iterator[Path]:
    """Every module of every service: a folder of `lambdas/` that is not framework."""
    for folder in sorted(LAMBDAS.iterdir()):
        if folder.is_dir() and folder.name not in FRAMEWORK:
            yield from sorted(folder.rglob("*.py"))


def bypasses(source: str) -> set[str]:
    """Return the imports of the runtime that are no names of its doors."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names} - DOORS.keys()
            found |= {name for name in names if name.partition(".")[0] == "messaging"}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module.partition(".")[0] == "messaging":
                public = DOORS.get(module, ())
                found |= {f"{module}.{a.name}" for a in node.names if a.name not in public}
    return found


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=str(path.relative_to(LAMBDAS))) for path in service_files()]
)
def test_a_service_imports_from_doors_only(path: Path) -> None:
    assert bypasses(path.read_text()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from messaging.settings import settings",
        "from messaging.http.api import Api",
        "from messaging import errors",
        "from messaging import settings",
        "import messaging.table",
        "def late():\n    from messaging.aws import clients as aws",
    ],
)
def test_an_import_past_the_doors_is_noticed(source: str) -> None:
    assert bypasses(source)


@pytest.mark.parametrize(
    "source",
    [
        "import messaging",
        "from messaging import Consumer, log, table",
        "from messaging.http import Api, ok",
        "from messaging.testing import ConsumerHarness",
        "import messaging_of_others",
    ],
)
def test_an_import_through_a_door_is_allowed(source: str) -> None:
    assert bypasses(source) == set()
