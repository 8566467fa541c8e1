"""The files of the project, and which of them belong to the team."""

import os
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

from ops.paths import ROOT

# Folders that `.gitignore` names, at any depth.
_IGNORED: Final = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()}
# Modules that every system needs, beside those of the team.
_FRAMEWORK_CONTRACTS: Final = ("__init__.py", "message.py", "timeout.py")


def files(ending: str = "") -> list[PurePath]:
    """Return every file of the project by its path from the root, but for what tools leave."""
    return sorted(path for path in _walk() if path.name.endswith(ending))


def _walk() -> Iterator[PurePath]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in (*_IGNORED, ".git")]
        for name in names:
            # In a worktree `.git` is a file.
            if name not in (*_IGNORED, ".git"):
                yield PurePath(folder, name).relative_to(ROOT)


def is_team(path: PurePath) -> bool:
    """Whether a team edits this file. Everything else is framework, which names no example."""
    match path.parts:
        case ("systems" | "demos", name, *_) | ("stacks", "extensions", name, *_):
            return name != "__init__.py"
        case ("lambdas", "contracts", name):
            return name not in _FRAMEWORK_CONTRACTS
        case ("lambdas", name, *_):
            return name != "messaging"
        case ("tests", "services", *_) | ("tests", "flows", "examples", *_) | ("cdk.json",):
            return True
        case ("docs", name):
            return name.startswith("examples")
    return False
