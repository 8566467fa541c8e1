"""Which module may import which. The tree can be read as the architecture as long as this holds.

Every import counts, wherever it stands in a file: in a function, or for the type checker only.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

from ops.paths import ROOT
from tests import project

# The base classes of messages, and no message of a service.
BASES: Final = "contracts contracts.message contracts.timeout"

# Folder -> the modules of other folders that it may import. `service` is a folder of `lambdas/`
# beside contracts and messaging: it uses the runtime through its doors. Nothing but a demo, a
# system or a service imports the contracts of a team.
FOLDERS: Final[Mapping[str, str]] = {
    "app": "stacks* topology*",
    # Each name that stacks and runtime share is written once, in the runtime.
    "stacks": f"{BASES} topology* messaging.consumer.reporting.metrics messaging.policy"
    " messaging.settings",
    # Values and pure rules: a topology loads in milliseconds.
    "topology": f"{BASES} messaging.limits messaging.policy messaging.settings",
    "contracts": "",
    "messaging": BASES,
    "service": "contracts* messaging messaging.http",
    "systems": "contracts* topology*",
    "demos": "contracts* topology* ops*",
    "ops": f"{BASES} topology*",
    "benchmarks": f"{BASES} topology* messaging* ops*",
}

# Folder -> its rooms from the top down. A room may import the rooms of lower lines; rooms of one
# line do not know each other. `__init__` is the folder's own module, `*` any other room.
ROOMS: Final[Mapping[str, str]] = {
    "messaging": """
        testing, __init__
        consumer
        function
        http
        conversation
        sending
        table
        wire, aws
        settings
        deadline
        errors, limits, policy, log
    """,
    "messaging.consumer": """
        consumer
        batch
        execution
        intake, settlement, reporting
        model
        __init__
    """,
    "stacks": """
        nag
        system
        extensions
        service_stack, channels_stack, platform_stack, dashboard_stack
        observability
        http
        compute
        storage
        queues
        support
        deployment
        __init__
    """,
    "topology": """
        checks, registry, diagram
        rules
        routing, retries
        model
        names, filters
        problems, __init__
    """,
    "ops": """
        __main__
        cli
        demo, quality
        up
        inspect
        local, systems, emulator_patches
        errors, paths, polling
        __init__
    """,
    "benchmarks": """
        __main__
        main
        cases
        environment
        contenders, orders, suite, turns
        result, functions, programs, system
        __init__
    """,
    # Each system and each demo stands alone.
    "systems": "*\n__init__",
    "demos": "*\n__init__",
}

# Package of others -> where it may be imported.
PACKAGES: Final[Mapping[str, str]] = {
    "aws_cdk": "app stacks*",
    "constructs": "app stacks*",
    "cdk_nag": "stacks.nag",
    "boto3": "",
    # A new session reads the models of every service; there is one for the process.
    "botocore.session": "messaging.aws.clients ops.local.aws",
    "botocore": "messaging* ops* benchmarks* demos*",
}

# Modules of a folder beside `__init__`, at most; a team has as many as it has services.
MOST: Final = 12
TEAM: Final = ("lambdas/contracts", "systems", "stacks/extensions")

# What a module imports and must not; to be emptied when the branches are together.
STILL_THERE: Final[set[tuple[str, str]]] = {
    ("access_control.handler", "messaging.log"),
    ("access_control.members", "messaging.log"),
    ("customer_loyalty.points", "messaging.aws.clients"),
    ("data_lake_ingestion.lake", "messaging.aws.clients"),
    ("data_lake_ingestion.lake", "messaging.settings"),
    ("requestor.handler", "messaging.http.api"),
    ("unicorn_management.handler", "messaging.http.api"),
    ("unicorn_management.handler", "messaging.http.authorizer"),
    ("unicorn_management.rides", "botocore.exceptions.BotoCoreError"),
    ("unicorn_management.rides", "botocore.exceptions.ClientError"),
    ("unicorn_management.rides", "messaging.aws.clients"),
    ("unicorn_management.rides", "messaging.log"),
}

# Imports from a door are imports of the door, whatever it exports.
DOORS: Final = ("messaging", "messaging.http", "messaging.testing")


def _modules() -> dict[str, Path]:
    """Every module by the name under which it is imported."""
    found = {}
    for path in project.files(".py"):
        if path.parts[0] != "tests":
            parts = path.with_suffix("").parts[path.parts[0] == "lambdas" :]
            found[".".join(parts).removesuffix(".__init__")] = ROOT / path
    return found


MODULES: Final = _modules()
TOP: Final = {module.partition(".")[0] for module in MODULES}


def imports(module: str, source: str) -> Iterator[str]:
    """Yield what a module imports: modules of ours, and names of others as they are written."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (_module(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            at_door = node.module in DOORS and not within(node.module, module)
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from [node.module] if at_door else map(_module, names)


def _module(name: str) -> str:
    """Return the module of ours that holds a name; a name of others stays as it is."""
    if name.partition(".")[0] not in TOP:
        return name
    while name not in MODULES:
        name = name.rpartition(".")[0]
        assert name, "no module of ours is missing"
    return name


def within(folder: str, module: str) -> bool:
    """Whether a module is in a folder, or the folder's own."""
    return module == folder or module.startswith(f"{folder}.")


def room(folder: str, module: str) -> tuple[str, int]:
    """Return the room of a module and its line from the top."""
    found = module[len(folder) + 1 :].partition(".")[0] or "__init__"
    lines = {
        each.strip(): number
        for number, rooms in enumerate(ROOMS[folder].strip().splitlines())
        for each in rooms.split(",")
    }
    assert found in lines or "*" in lines, f"declare the room {found} of {folder} in ROOMS"
    return found, lines.get(found, lines.get("*", 0))


def may_import(module: str, other: str) -> bool:
    """Whether a module may import another one of ours."""
    top = module.partition(".")[0]
    if not within(top, other):
        allowed = FOLDERS[top if top in FOLDERS else "service"]
        return any(fnmatchcase(other, each) for each in allowed.split())
    for folder in ROOMS:
        if within(folder, module) and within(folder, other):
            (own, line), (its, lower) = room(folder, module), room(folder, other)
            if own != its and line >= lower:
                return False
    return True


def may_import_package(module: str, name: str) -> bool:
    """Whether a module may import this name of others."""
    for package, places in PACKAGES.items():
        if within(package, name):
            return any(fnmatchcase(module, each) for each in places.split())
    return True


def forbidden(module: str, source: str) -> set[str]:
    """Return what a module imports and must not."""
    found = set(imports(module, source)) - {module}
    return {
        each
        for each in found
        if not (may_import if each in MODULES else may_import_package)(module, each)
    }


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_allows(module: str) -> None:
    found = forbidden(module, MODULES[module].read_text())
    assert {each for each in found if (module, each) not in STILL_THERE} == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: set(imports(module, path.read_text())) & MODULES.keys() - {module}
        for module, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()


def test_every_room_has_a_module() -> None:
    declared = {
        (folder, each.strip())
        for folder, rooms in ROOMS.items()
        for each in rooms.replace("\n", ",").split(",")
        if each.strip() not in ("", "*")
    }
    found = {
        (folder, room(folder, module)[0])
        for folder in ROOMS
        for module in MODULES
        if within(folder, module)
    }
    assert declared <= found


def test_no_folder_has_more_modules_than_a_reader_can_hold() -> None:
    modules = [path for path in MODULES.values() if path.stem != "__init__"]
    folders = Counter(path.parent.relative_to(ROOT) for path in modules)
    assert {str(each): n for each, n in folders.items() if n > MOST and str(each) not in TEAM} == {}


def test_only_the_environment_says_where_modules_are() -> None:
    """The launcher, pytest and cdk.json do; the emulator's patches run in a process of its own."""
    writing = {module for module, path in MODULES.items() if "sys.path" in code(path)}
    assert writing == {"ops.emulator_patches.patched"}


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
        ("a_service.handler", "from messaging.http.route import Route"),
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
    monkeypatch.setattr(sys.modules[__name__], "TOP", TOP | {"a_service", "b_service"})
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
