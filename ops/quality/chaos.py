"""Run the chaos flow of the tests: messages are sent while calls fail and workers are killed."""

from pathlib import Path

from ops.quality import child_process


def run(root: Path, messages: int, *, as_json: bool) -> int:
    """Return 0 only if every message is accounted for."""
    options = ("--json",) if as_json else ()
    return child_process.run(root, "tests.flows.chaos", "--messages", str(messages), *options)
