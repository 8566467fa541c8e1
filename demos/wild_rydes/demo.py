"""The demo of Wild Rydes from first to last: read `drive` as the list of what it does."""

import time
from collections.abc import Sequence
from typing import Any, Final

import urllib3

from demos.wild_rydes import show, verdict
from demos.wild_rydes.rides import RIDES
from demos.wild_rydes.submissions import Submission, submit
from ops.demo.result import Result
from ops.inspect import message_log as watch, status
from ops.inspect.message_log import Seen
from ops.local.aws import Aws
from ops.local.progress import Progress
from ops.polling import until
from ops.systems import load

_PATIENCE: Final = 120.0


def drive(aws: Aws, found: dict[str, Any], progress: Progress) -> Result:
    """Submit rides, wait for what becomes of them, and compare that with what must."""
    services, system = found["services"], load(found["system"])
    begun = time.time()
    http = urllib3.PoolManager()
    progress.say(f"submitting {len(RIDES)} rides to {services['UnicornManagement']['api']}")
    submissions = [submit(http, services["UnicornManagement"]["api"], ride) for ride in RIDES]
    seen = _wait(aws, services, submissions, begun, progress)
    lines = list(verdict.lines(aws, services, system, submissions, seen))
    letters = _dead_letters(aws, services, submissions)
    return Result(
        document={"lines": [line.to_json() for line in lines], "deadLetters": letters},
        render=lambda console: show.render(lines, letters, console),
        right=not any(line.wrong for line in lines) and not _unexplained(lines, letters),
    )


def _wait(
    aws: Aws,
    services: dict[str, Any],
    submissions: Sequence[Submission],
    begun: float,
    progress: Progress,
) -> list[Seen]:
    """Wait until every expected ending came and no queue holds a message; then look once more."""

    def settled() -> bool:
        to_come = verdict.settled(submissions, watch.lines(aws, services, begun))
        return not to_come and not status.waiting(aws, services)

    in_time = until(settled, _PATIENCE)
    seen = watch.lines(aws, services, begun)
    to_come = verdict.settled(submissions, seen)
    gave_up = f"gave up after {_PATIENCE:.0f} s; {to_come} endings did not come"
    progress.say("everything settled" if in_time else gave_up)
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
