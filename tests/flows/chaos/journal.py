"""The journal in which workers note when an invocation begins and ends, read while it grows."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Journal:
    """What it says so far: who is in an invocation, how many ended, which messages they had."""

    path: Path
    busy: dict[str, int] = field(default_factory=dict)
    ended: int = 0
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin at the beginning."""
        self._read = 0
        self._ids: dict[str, list[str]] = {}

    def follow(self) -> None:
        """Read what is new; `busy` holds process ids by request id."""
        with self.path.open("rb") as journal:
            journal.seek(self._read)
            text = journal.read()
        self._read += len(text)
        for line in map(json.loads, text.splitlines()):
            request = line["request"]
            if line["what"] == "begun":
                self.busy[request], self._ids[request] = line["pid"], line["ids"]
            else:
                self.busy.pop(request, None)
                self.seen.update(self._ids[request])
                self.ended += 1
