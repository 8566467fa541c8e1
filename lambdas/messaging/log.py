"""One JSON line per thing worth knowing. Lambda stores a printed JSON line as it is."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

Level = Literal["DEBUG", "INFO", "WARN", "ERROR"]

_encoder = msgspec.json.Encoder(enc_hook=str)


class Line(msgspec.Struct, frozen=True, gc=False):
    """A log line. Never give it a message's body or attributes."""

    event: str
    level: Level
    fields: Mapping[str, object]


def log(event: str, *, level: Level = "INFO", **fields: object) -> None:
    """Print `event` with its fields as one JSON line. Never pass a message's body or attributes."""
    write([Line(event, level, fields)])


def write(lines: Sequence[Line | Mapping[str, Any]]) -> None:
    """Print lines at once; a mapping is printed as it is, for metrics."""
    now = datetime.now(UTC)
    # One by one, so that none of them outlives its line.
    texts = (
        {"timestamp": now, "level": line.level, "event": line.event, **line.fields}
        if isinstance(line, Line)
        else line
        for line in lines
    )
    sys.stdout.write(_encoder.encode_lines(texts).decode())
    sys.stdout.flush()
