"""Files that commands share: the running emulator, and its last deployment."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ops.local.environment import LOOPBACK


@dataclass(frozen=True)
class Emulator:
    """A running emulator; `create_time` (epoch s) excludes a later process with the same id."""

    pid: int
    create_time: float
    port: int

    @property
    def endpoint(self) -> str:
        """The endpoint URL of every AWS service."""
        return f"http://{LOOPBACK}:{self.port}"


@dataclass(frozen=True)
class Deployment:
    """The system and the stage of the last deployment."""

    system: str
    stage: str


def read_emulator(home: Path) -> Emulator | None:
    """Return the emulator in the file, None if there is none; it may have ended."""
    try:
        return Emulator(**_read(home / "emulator.json"))
    except (OSError, ValueError, TypeError):
        return None


def read_deployment(home: Path) -> Deployment | None:
    """Return the last deployment, None if there is none."""
    try:
        return Deployment(**_read(home / "deployment.json"))
    except (OSError, ValueError, TypeError):
        return None


def write(home: Path, value: Emulator | Deployment) -> None:
    """Write a file atomically: a reader gets the old or the new content."""
    path = home / f"{type(value).__name__.lower()}.json"
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(value)) + "\n")
    draft.replace(path)


def forget(home: Path) -> None:
    """Remove both files."""
    for name in ("emulator.json", "deployment.json"):
        (home / name).unlink(missing_ok=True)


def _read(path: Path) -> Any:
    return json.loads(path.read_text())
