"""Every module of the project but tests, and what a module imports."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from ops.paths import ROOT
from tests import project
from tests.rooms import DOORS


def _modules() -> dict[str, Path]:
    """Every module by the name under which it is imported."""
    found = {}
    for path in project.files(".py"):
        if path.parts[0] != "tests":
            parts = path.with_suffix("").parts[path.parts[0] == "lambdas" :]
            found[".".join(parts).removesuffix(".__init__")] = ROOT / path
    return found


MODULES: Final = _modules()
# Door -> its names. What is imported from a door by another name goes past it.
EXPORTS: Final = {door: import_module(door).__all__ for door in DOORS}
TOP: Final = {module.partition(".")[0] for module in MODULES}


def imports(module: str, source: str) -> Iterator[str]:
    """Yield what a module imports: modules of ours, and names of others as they are written."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (_module(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            public = () if within(node.module, module) else EXPORTS.get(node.module, ())
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield node.module if alias.name in public else _module(full)


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
