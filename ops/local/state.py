"""What is written down between two commands: which emulator is up, and what is deployed in it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ops.local.environment import LOOPBACK


@dataclass(frozen=True)
class Emulator:
    """A running emulator; `create_time` (epoch s) tells it from a later process of its id."""

    pid: int
    create_time: float
    port: int

    @property
    def endpoint(self) -> str:
        """The URL of every AWS service."""
        return f"http://{LOOPBACK}:{self.port}"


@dataclass(frozen=True)
class Deployment:
    """The system and the stage that were deployed last."""

    system: str
    stage: str


def read_emulator(home: Path) -> Emulator | None:
    """Return what was written about the emulator, whether it still runs or not."""
    try:
        return Emulator(**_read(home / "emulator.json"))
    except (OSError, ValueError, TypeError):
        return None


def read_deployment(home: Path) -> Deployment | None:
    """Return what was deployed last."""
    try:
        return Deployment(**_read(home / "deployment.json"))
    except (OSError, ValueError, TypeError):
        return None


def write(home: Path, value: Emulator | Deployment) -> None:
    """Write a value in one step: a reader sees the old file or the new one."""
    path = home / f"{type(value).__name__.lower()}.json"
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(value)) + "\n")
    draft.replace(path)


def forget(home: Path) -> None:
    """Remove both."""
    for name in ("emulator.json", "deployment.json"):
        (home / name).unlink(missing_ok=True)


def _read(path: Path) -> Any:
    return json.loads(path.read_text())
