"""Structured logs: one JSON line for each event. Lambda stores a printed JSON line unchanged.

    log.warning("member not readable", problem="...")

prints `{"timestamp": ..., "level": "WARN", "event": "member not readable", "problem": "..."}`.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

Level = Literal["INFO", "WARN", "ERROR"]

_encoder = msgspec.json.Encoder(enc_hook=str)


class Line(msgspec.Struct, frozen=True, gc=False):
    """A log line: its event, level and fields."""

    event: str
    level: Level
    fields: Mapping[str, object]


def info(event: str, /, **fields: object) -> None:
    """Print `event` and its fields at level INFO. Do not log a message's body or attributes."""
    write([Line(event, "INFO", fields)])


def warning(event: str, /, **fields: object) -> None:
    """Print `event` and its fields at level WARN, as `info` does."""
    write([Line(event, "WARN", fields)])


def error(event: str, /, **fields: object) -> None:
    """Print `event` and its fields at level ERROR, as `info` does."""
    write([Line(event, "ERROR", fields)])


def write(lines: Sequence[Line | Mapping[str, Any]]) -> None:
    """Print lines in one write; a mapping, e.g. of metrics, is printed without any other field."""
    now = datetime.now(UTC)
    # A generator, so that no dictionary outlives its line.
    texts = (
        {"timestamp": now, "level": line.level, "event": line.event, **line.fields}
        if isinstance(line, Line)
        else line
        for line in lines
    )
    sys.stdout.write(_encoder.encode_lines(texts).decode())
    sys.stdout.flush()
