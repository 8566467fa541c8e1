"""One JSON line per thing worth knowing. Lambda stores a printed JSON line as it is."""

import sys
from datetime import UTC, datetime
from typing import Literal

import msgspec

Level = Literal["DEBUG", "INFO", "WARN", "ERROR"]

_encoder = msgspec.json.Encoder(enc_hook=str)


def log(event: str, *, level: Level = "INFO", **fields: object) -> None:
    """Print `event` with its fields as one JSON line. Never pass a message's body or attributes."""
    line = {"timestamp": datetime.now(UTC), "level": level, "event": event, **fields}
    sys.stdout.write(_encoder.encode(line).decode() + "\n")
    sys.stdout.flush()
