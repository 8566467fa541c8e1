"""Folders of the project. All files of the local environment are below `STATE`."""

from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".waystation"
# The permissions that roles have used: the file's name in the emulator's folder, and the variable
# that names the file to the emulator.
PERMISSIONS: Final = "permissions.jsonl"
PERMISSIONS_VARIABLE: Final = "WAYSTATION_PERMISSIONS"


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, an empty text if there is no file."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").rstrip().splitlines()[-lines:])
