"""Folders of the project. All files of the local environment are below `STATE`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".waystation"


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, an empty text if there is no file."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").rstrip().splitlines()[-lines:])
