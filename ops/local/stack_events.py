"""Parses the output of the CDK CLI about stacks; the CLI's version is pinned."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

State = Literal["waiting", "deploying", "done", "unchanged", "failed"]
FINISHED: tuple[State, ...] = ("done", "unchanged", "failed")

_PATTERNS: tuple[tuple[re.Pattern[str], State], ...] = (
    (re.compile(r"^(\S+): deploying\.\.\. \["), "deploying"),
    (re.compile(r"^\s*✅\s+(\S+) \(no changes\)"), "unchanged"),
    (re.compile(r"^\s*✅\s+(\S+)\s*$"), "done"),
    (re.compile(r"^\s*❌\s+(\S+?):? failed"), "failed"),
)
_REASON = re.compile(
    r"^\S+ \|\s+\d+ \|.*_FAILED.*|^‣ .*|^\s*❌.*|^Error: .*|^\S*(Error|Exception): .*"
)


@dataclass
class Stacks:
    """The state of each stack of a deployment, and the reasons of failures."""

    states: dict[str, State]
    reasons: list[str] = field(default_factory=list)

    def read(self, line: str) -> str | None:
        """Parse a line; return the stack whose state the line changed, if any."""
        if _REASON.match(line):
            self.reasons.append(line.strip())
        for pattern, state in _PATTERNS:
            if (found := pattern.match(line)) and found[1] in self.states:
                self.states[found[1]] = state
                return found[1]
        return None

    @property
    def finished(self) -> int:
        """The number of stacks in a final state."""
        return sum(state in FINISHED for state in self.states.values())


def stacks_of(assembly: Path) -> Stacks:
    """Return the stacks of a cloud assembly, all in state waiting."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    return Stacks(
        {
            artifact.get("properties", {}).get("stackName", name): "waiting"
            for name, artifact in artifacts.items()
            if artifact["type"] == "aws:cloudformation:stack"
        }
    )
