"""Run it and report: `python -m tests.flows.chaos [--messages N] [--json]`, exit 0 if complete."""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from ops.local.progress import Progress
from tests.flows.chaos.render import render
from tests.flows.chaos.run import run


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    # As an exception, so that what was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="waystation-chaos-") as home:
        result = run(Path(home), given.messages, Progress())
    if given.json:
        sys.stdout.write(json.dumps(result.to_json(), indent=2) + "\n")
    else:
        render(result, Console(width=110 if not sys.stdout.isatty() else None))
    return 0 if result.account.complete else 1


if __name__ == "__main__":
    sys.exit(main())
