"""Which module may import which. The tree can be read as the architecture as long as this holds.

Every import counts, wherever it stands in a file: in a function, or for the type checker only.
"""

import ast
from collections import Counter
from fnmatch import fnmatchcase
from graphlib import TopologicalSorter
from pathlib import Path, PurePath
from typing import Final

import pytest

from ops.paths import ROOT
from tests import imported, project
from tests.imported import MODULES, imports, within
from tests.rooms import DOORS, FOLDERS, PACKAGES, ROOMS

# Modules of a folder beside `__init__`, at most; a team has as many as it has services.
MOST: Final = 12
TEAM: Final = ("lambdas/contracts", "systems", "stacks/extensions")


def folder(module: str) -> str:
    """Return the folder of a module, as in FOLDERS."""
    top = module.partition(".")[0]
    return top if top in FOLDERS else "service"


def room(parent: str, module: str) -> tuple[str, int]:
    """Return the room of a module and its line from the top."""
    found = module[len(parent) + 1 :].partition(".")[0] or "__init__"
    lines = {
        each.strip(): number
        for number, rooms in enumerate(ROOMS[parent].strip().splitlines())
        for each in rooms.split(",")
    }
    assert found in lines or "*" in lines, f"declare the room {found} of {parent} in ROOMS"
    return found, lines.get(found, lines.get("*", 0))


def may_import(module: str, other: str) -> bool:
    """Whether a module may import another one of ours."""
    if not within(module.partition(".")[0], other):
        return any(fnmatchcase(other, each) for each in FOLDERS[folder(module)].split())
    for each in ROOMS:
        if within(each, module) and within(each, other):
            (own, line), (its, lower) = room(each, module), room(each, other)
            if own != its and line >= lower:
                return False
    return True


def may_import_package(module: str, name: str) -> bool:
    """Whether a module may import this name of others."""
    for package, places in PACKAGES.items():
        if within(package, name):
            here = module if folder(module) != "service" else f"service.{module}"
            return any(fnmatchcase(here, each) for each in places.split())
    return True


def forbidden(module: str, source: str) -> set[str]:
    """Return what a module imports and must not."""
    found = set(imports(module, source)) - {module}
    return {
        each
        for each in found
        if not (may_import if each in MODULES else may_import_package)(module, each)
    }


def is_handler(path: PurePath) -> bool:
    """Whether a file is code of a service of the tests' own systems."""
    return fnmatchcase(str(path), "tests/systems/*/lambdas/*/*.py")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_allows(module: str) -> None:
    assert forbidden(module, MODULES[module].read_text()) == set()


@pytest.mark.parametrize(
    "path", [path for path in project.files(".py") if is_handler(path)], ids=str
)
def test_services_of_the_tests_import_what_a_service_may(path: PurePath) -> None:
    module = f"{path.parent.name}.{path.stem}"
    assert forbidden(module, (ROOT / path).read_text()) == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: set(imports(module, path.read_text())) & MODULES.keys() - {module}
        for module, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()


def test_every_room_has_a_module() -> None:
    declared = {
        (name, each.strip())
        for name, rooms in ROOMS.items()
        for each in rooms.replace("\n", ",").split(",")
        if each.strip() not in ("", "*")
    }
    found = {
        (each, room(each, module)[0])
        for each in ROOMS
        for module in MODULES
        if within(each, module)
    }
    assert declared <= found


def test_a_room_of_the_runtime_is_no_door_of_its_own() -> None:
    packages = {name: path for name, path in MODULES.items() if path.stem == "__init__"}
    rooms = [path for name, path in packages.items() if within("messaging", name)]
    doors = [packages[name] for name in DOORS if name in packages]
    statements = {path: ast.parse(path.read_text()).body for path in rooms if path not in doors}
    # A docstring.
    assert [str(path) for path, body in statements.items() if len(body) > 1] == []


def test_no_folder_has_more_modules_than_a_reader_can_hold() -> None:
    modules = [path for path in MODULES.values() if path.stem != "__init__"]
    folders = Counter(path.parent.relative_to(ROOT) for path in modules)
    assert {str(each): n for each, n in folders.items() if n > MOST and str(each) not in TEAM} == {}


def test_only_the_environment_says_where_modules_are() -> None:
    """The launcher, pytest and cdk.json do; the emulator and its functions have own processes."""
    writing = {module for module, path in MODULES.items() if "sys.path" in code(path)}
    assert writing == {"ops.emulator_patches.patched", "ops.emulator_patches.packages"}


def code(path: Path) -> str:
    """Return a file without its comments and the quotes of its texts."""
    return ast.unparse(ast.parse(path.read_text()))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("topology.model", "import aws_cdk"),
        ("topology.model", "from stacks.deployment import Deployment"),
        ("topology.model", "from messaging import Consumer"),
        ("topology.model", "from topology.checks import check"),
        ("topology.names", "from topology import filters"),
        ("stacks.system", "from ops.demo import main"),
        ("stacks.system", "from messaging.sending.publisher import send_now"),
        ("stacks.compute.function", "from stacks import extensions"),
        ("contracts.message", "def late():\n    import boto3"),
        ("messaging.wire.header", "from messaging.sending.address import msg_out"),
        ("messaging.wire.header", "from messaging.aws import clients"),
        ("messaging.aws.parallel", "import botocore.session"),
        ("messaging.settings", "from contracts.a_service import Order"),
        ("messaging.consumer.intake.triage", "import messaging.consumer.settlement.settle"),
        ("messaging.consumer.model.outcome", "import messaging.consumer.intake.triage"),
        ("messaging.policy", "if TYPE_CHECKING:\n    from messaging.settings import Settings"),
        ("messaging.sending.compose", "from messaging.testing import Message"),
        ("ops.paths", "from stacks import nag"),
        ("ops.paths", "from ops.errors import OpsError"),
        ("a_service.handler", "from b_service import handler"),
        ("a_service.handler", "from topology import names"),
        ("a_service.handler", "from messaging.http.route import HttpRoute"),
        ("a_service.handler", "from messaging import settings"),
        ("a_service.handler", "import messaging.table"),
        ("a_service.handler", "import boto3"),
        ("systems.a", "from systems.b import system"),
    ],
)
def test_a_forbidden_import_is_noticed(
    module: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = ("contracts.a_service", "a_service.handler", "b_service.handler", "systems.b")
    for each in others:
        monkeypatch.setitem(MODULES, each, Path())
    monkeypatch.setattr(imported, "TOP", imported.TOP | {"a_service", "b_service"})
    assert forbidden(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app", "from stacks.system import build"),
        ("topology.model", "from topology.filters.conditions import Where"),
        ("messaging.consumer.batch", "from messaging.aws import clients"),
        ("messaging.testing.harness", "from messaging.testing import events"),
        (
            "a_service.handler",
            "from messaging import Consumer, table\nfrom messaging.http import Api",
        ),
    ],
)
def test_an_allowed_import_is_not(module: str, source: str) -> None:
    assert not forbidden(module, source)
