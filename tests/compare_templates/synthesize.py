"""Synthesize every system of one source tree: `python synthesize.py OUT`, in the tree's folder.

The script uses the tree's own `tests.stacks.synthesis`, and nothing else that has changed its name.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Final

import stacks  # noqa: F401  finds Node before aws_cdk starts it

# isort: split
from stacks.deployment import Deployment, Target
from tests.stacks.synthesis import synthesize
from topology import LAMBDAS, names
from topology.model import System

FOLDERS: Final = ("systems", "topology", "tests")
TARGETS: Final[tuple[Target, Target]] = ("aws", "local")
SYSTEM: Final = re.compile(r"^system = System\(", re.MULTILINE)


def systems(tree: Path) -> Iterator[System]:
    """Yield the value `system` of every module of a tree that has one."""
    for folder in FOLDERS:
        for path in sorted((tree / folder).rglob("*.py")):
            if SYSTEM.search(path.read_text()):
                module = ".".join(path.relative_to(tree).with_suffix("").parts)
                # The line may also stand in a text that a test writes to a file.
                if isinstance(found := getattr(import_module(module), "system", None), System):
                    yield found


def write_handlers(system: System, folder: Path) -> Path:
    """Write empty handlers for every service beside the runtime; return the folder.

    The code of a function decides about nothing but the hash of its asset.
    """
    for name in ("contracts", "messaging"):
        shutil.copytree(LAMBDAS / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(LAMBDAS / "requirements.txt", folder)
    for service in system.services:
        package = folder / names.package(service.name)
        package.mkdir(exist_ok=True)
        (package / "handler.py").write_text('"""Does nothing."""\n')
    return folder


def main(out: Path) -> None:
    """Write an assembly for each system and deployment: `OUT/<system>, <target>[, key]`."""
    for system in systems(Path.cwd()):
        lambdas = write_handlers(system, out / f".{system.name}")
        for target, customer_key in product(TARGETS, (False, True)):
            deployment = Deployment(target=target, customer_key=customer_key, lambdas=lambdas)
            key = ", customer key" if customer_key else ""
            synthesize(system, deployment, out / f"{system.name}, {target}{key}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
