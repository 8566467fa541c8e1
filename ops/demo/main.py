"""What every demo shares: bring the system up, drive it, show the result, clean up."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from ops import emulator
from ops.aws import Aws
from ops.demo import strings, wild_rydes
from ops.demo.result import Drive, Result
from ops.endpoints import endpoints
from ops.errors import OpsError
from ops.paths import STATE
from ops.progress import Progress
from ops.state import Deployment
from ops.systems import STAGE
from ops.up import bring_up

DEMOS: Final[Mapping[str, Drive]] = {
    "wild-rydes": wild_rydes.drive,
    "strings": strings.drive,
}


def run(system: str, keep: bool, as_json: bool, home: Path = STATE) -> int:
    """Deploy, drive, show; return 0 only if everything happened as it must."""
    if system not in DEMOS:
        raise OpsError(f"there is no demo of {system!r}, only of {', '.join(DEMOS)}")
    progress = Progress()
    running, started = bring_up(home, Deployment(system, STAGE), None, progress)
    try:
        found = endpoints(running.endpoint, Deployment(system, STAGE))
        return _show(DEMOS[system](Aws(running.endpoint), found, progress), as_json)
    finally:
        if started and not keep:
            emulator.stop(home)
            progress.say("stopped")
        else:
            progress.say("still up; stop it with: ./waystation down")


def _show(result: Result, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps(result.document, indent=2) + "\n")
    else:
        result.render(_console())
    return 0 if result.right else 1


def _console() -> Console:
    console = Console()
    # Where nobody says how wide it is, a table is better too wide than folded.
    return console if console.is_terminal else Console(width=120)
