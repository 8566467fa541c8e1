"""The demo from first to last: read `run` as the list of what it does."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import urllib3
from rich.console import Console

from ops import emulator, status
from ops.aws import Aws
from ops.demo import show, verdict, watch
from ops.demo.drive import Submission, submit
from ops.demo.rides import RIDES
from ops.demo.watch import Seen
from ops.endpoints import endpoints
from ops.errors import OpsError
from ops.paths import STATE
from ops.progress import Progress
from ops.state import Deployment
from ops.systems import STAGE, load
from ops.up import bring_up

_PATIENCE: Final = 120.0
_POLL: Final = 0.3


def run(system: str, keep: bool, as_json: bool, home: Path = STATE) -> int:
    """Deploy, submit, wait, show; return 0 only if everything happened as it must."""
    if system != "wild-rydes":
        raise OpsError(f"there is no demo of {system!r}. Try: ./waystation demo wild-rydes")
    progress = Progress()
    running, started = bring_up(home, Deployment(system, STAGE), None, progress)
    try:
        found = endpoints(running.endpoint, Deployment(system, STAGE))
        return _drive(Aws(running.endpoint), found, progress, as_json)
    finally:
        if started and not keep:
            emulator.stop(home)
            progress.say("stopped")
        else:
            progress.say("still up; stop it with: ./waystation down")


def _drive(aws: Aws, found: dict[str, Any], progress: Progress, as_json: bool) -> int:
    services, system = found["services"], load(found["system"])
    begun = time.time()
    http = urllib3.PoolManager()
    progress.say(f"submitting {len(RIDES)} rides to {services['UnicornManagement']['api']}")
    submissions = [submit(http, services["UnicornManagement"]["api"], ride) for ride in RIDES]
    seen = _wait(aws, services, submissions, begun, progress)
    lines = list(verdict.lines(aws, services, system, submissions, seen))
    letters = _dead_letters(aws, services, submissions)
    wrong = [line for line in lines if line.wrong] or [None][: _unexplained(lines, letters)]
    if as_json:
        document = {"lines": [line.to_json() for line in lines], "deadLetters": letters}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        show.render(lines, letters, _console())
    return 1 if wrong else 0


def _console() -> Console:
    console = Console()
    # Where nobody says how wide it is, a table is better too wide than folded.
    return console if console.is_terminal else Console(width=120)


def _wait(
    aws: Aws,
    services: dict[str, Any],
    submissions: Sequence[Submission],
    begun: float,
    progress: Progress,
) -> list[Seen]:
    """Wait until every expected ending came and no queue holds a message; then look once more."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        seen = watch.lines(aws, services, begun)
        to_come = verdict.settled(submissions, seen)
        if not to_come and not status.waiting(aws, services):
            progress.say("everything settled")
            return watch.lines(aws, services, begun)
        time.sleep(_POLL)
    progress.say(f"gave up after {_PATIENCE:.0f} s; {to_come} endings did not come")
    return seen


def _dead_letters(
    aws: Aws, services: dict[str, Any], submissions: Sequence[Submission]
) -> list[dict[str, Any]]:
    """Return the dead letters of these submissions, with the ride's title."""
    titles = {submission.correlation_id: submission.ride.title for submission in submissions}
    return [
        {"ride": titles[letter["correlationId"]], "place": f"{name}.{consumer}", **letter}
        for name, service in services.items()
        for consumer, parts in service["consumers"].items()
        for letter in watch.dead_letters(aws, parts["deadLetters"])
        if letter["correlationId"] in titles
    ]


def _unexplained(lines: Sequence[verdict.Line], letters: Sequence[dict[str, Any]]) -> bool:
    """Whether there are more or fewer dead letters than lines that say so."""
    return len(letters) != sum(line.happened == "dead-lettered" for line in lines)
