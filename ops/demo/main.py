"""Runs a demo from start to end."""

import json
import sys
from pathlib import Path

from rich.console import Console

from ops.demo import catalog
from ops.demo.result import Result
from ops.inspect.endpoints import endpoints
from ops.local import emulator
from ops.local.aws import Aws
from ops.local.progress import Progress
from ops.local.state import Deployment
from ops.paths import STATE
from ops.systems import STAGE
from ops.up import bring_up


def run(name: str | None, keep: bool, as_json: bool, home: Path = STATE) -> int:
    """Deploy, drive and print; return 0 only if the result is right."""
    demo, progress = catalog.find(name), Progress()
    deployment = Deployment(demo.system, STAGE)
    running, started = bring_up(home, deployment, None, progress)
    try:
        found = endpoints(running.endpoint, deployment)
        return _print(demo.drive(Aws(running.endpoint), found, progress), as_json)
    finally:
        if started and not keep:
            emulator.stop(home)
            progress.say("stopped")
        else:
            progress.say("still up; stop it with: ./waystation down")


def _print(result: Result, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps(result.document, indent=2) + "\n")
    else:
        result.render(_console())
    return 0 if result.right else 1


def _console() -> Console:
    console = Console()
    # Without a terminal, e.g. in a file: wide enough that no row is folded.
    return console if console.is_terminal else Console(width=140)
