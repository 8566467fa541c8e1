"""Who may import whom. A newcomer can read the tree as the architecture as long as this holds."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import topology

ROOT = Path(topology.__file__).resolve().parent.parent
LAMBDAS = ROOT / "lambdas"
SHARED = ("contracts", "messaging")
SERVICES = tuple(
    sorted(each.name for each in LAMBDAS.iterdir() if each.is_dir() and each.name not in SHARED)
)
OURS = ("app", "benchmarks", "ops", "stacks", "tests", "topology", *SHARED, *SERVICES)

# Part of the tree -> what of ours it may import, besides itself.
MAY: Mapping[str, tuple[str, ...]] = {
    "app": ("stacks", "topology"),
    # What the runtime reads, obeys and measures, so that each name is written once.
    "stacks": (
        "topology",
        "contracts",
        "messaging.consumer.reporting.metrics",
        "messaging.policy",
        "messaging.settings",
    ),
    # Values and pure rules only: the map loads in milliseconds.
    "topology": ("contracts", "messaging.limits", "messaging.policy", "messaging.settings"),
    "contracts": (),
    # What a message is, but no message of anybody's.
    "messaging": (
        "contracts.message",
        "contracts.timeout",
        "contracts.Command",
        "contracts.Event",
        "contracts.Message",
    ),
    "ops": ("topology", "contracts", "messaging", "benchmarks.main"),
    # The layer is built in another process: no aws_cdk here.
    "benchmarks": ("topology", "contracts", "messaging", "ops"),
    **dict.fromkeys(SERVICES, ("contracts", "messaging")),
}
# Part of the tree -> what of others it may not import.
MAY_NOT: Mapping[str, tuple[str, ...]] = {
    "app": ("boto3", "botocore"),
    "stacks": ("boto3", "botocore"),
    "topology": ("aws_cdk", "constructs", "boto3", "botocore"),
    "contracts": ("aws_cdk", "constructs", "boto3", "botocore"),
    "messaging": ("aws_cdk", "constructs", "boto3"),
    "ops": ("aws_cdk", "constructs"),
    "benchmarks": ("aws_cdk", "constructs"),
    **dict.fromkeys(SERVICES, ("aws_cdk", "constructs", "boto3")),
}


def files() -> Iterator[tuple[str, Path]]:
    """Every module of the project with the part of the tree it belongs to."""
    yield "app", ROOT / "app.py"
    for part in MAY:
        folder = LAMBDAS / part if part in (*SHARED, *SERVICES) else ROOT / part
        for path in sorted(folder.rglob("*.py")):
            yield part, path


def imports(source: str) -> set[str]:
    """Every module that a file imports, wherever in it; `from a import b` counts as `a.b`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def within(module: str, parts: tuple[str, ...]) -> bool:
    """Whether a module is one of these or inside one."""
    return any(module == part or module.startswith(f"{part}.") for part in parts)


def forbidden(part: str, source: str) -> set[str]:
    """What a file of a part of the tree imports and must not."""
    found = imports(source)
    strangers = {
        each for each in found if within(each, OURS) and not within(each, (part, *MAY[part]))
    }
    return strangers | {each for each in found if within(each, MAY_NOT[part])}


@pytest.mark.parametrize(
    ("part", "path"),
    [pytest.param(part, path, id=str(path.relative_to(ROOT))) for part, path in files()],
)
def test_a_file_imports_only_what_its_place_allows(part: str, path: Path) -> None:
    assert forbidden(part, path.read_text()) == set()


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("topology", "import aws_cdk"),
        ("topology", "from stacks.deployment import Deployment"),
        ("topology", "from messaging import publish"),
        ("stacks", "from ops import demo"),
        ("stacks", "from messaging.publisher import publish"),
        ("contracts", "def late():\n    import boto3"),
        ("messaging", "from contracts.unicorn_management import RideCompleted"),
        ("ops", "from stacks import nag"),
        (SERVICES[0], f"from {SERVICES[1]} import handler"),
        (SERVICES[0], "from topology import names"),
    ],
)
def test_a_crossed_border_is_noticed(part: str, source: str) -> None:
    assert forbidden(part, source)


def test_every_part_of_the_tree_has_its_rule() -> None:
    folders = {each.name for each in LAMBDAS.iterdir() if list(each.glob("*.py"))}
    assert folders <= set(MAY)
    assert all(any(found == part for found, _ in files()) for part in MAY if part != "ops")
