"""The steps of the demo: see `drive`."""

import time
from collections.abc import Sequence
from typing import Any, Final

import urllib3

from demos.wild_rydes import render, verdict
from demos.wild_rydes.rides import rides
from demos.wild_rydes.submissions import Submission, submit
from ops.demo.result import Result
from ops.inspect import message_log, status
from ops.inspect.message_log import LogEntry
from ops.local.aws import Aws
from ops.local.progress import Progress
from ops.polling import wait_until
from ops.systems import load

_SECONDS: Final = 120.0


def drive(aws: Aws, found: dict[str, Any], progress: Progress) -> Result:
    """Submit rides, wait until they are settled, and compare what happened with what must."""
    services, system = found["services"], load(found["system"])
    begun = time.time()
    http = urllib3.PoolManager()
    api, submitted = services["UnicornManagement"]["api"], rides()
    progress.say(f"submitting {len(submitted)} rides to {api}")
    submissions = [submit(http, api, ride) for ride in submitted]
    log = _wait(aws, services, submissions, begun, progress)
    lines = list(verdict.lines(aws, services, system, submissions, log))
    letters = _dead_letters(aws, services, submissions)
    return Result(
        document={"lines": [line.to_json() for line in lines], "deadLetters": letters},
        render=lambda console: render.render(lines, letters, console),
        right=not any(line.wrong for line in lines) and not _unexplained(lines, letters),
    )


def _wait(
    aws: Aws,
    services: dict[str, Any],
    submissions: Sequence[Submission],
    begun: float,
    progress: Progress,
) -> list[LogEntry]:
    """Wait until every expected outcome is logged and all queues are empty; return the log.

    After two minutes return the log as it is; the verdict reports what is missing.
    """

    def settled() -> bool:
        log = message_log.entries(aws, services, begun)
        return not verdict.unsettled(submissions, log) and not status.backlog(aws, services)

    try:
        wait_until(settled, "the last outcome", seconds=_SECONDS)
        progress.say("everything settled")
    except TimeoutError as error:
        progress.say(str(error))
    return message_log.entries(aws, services, begun)


def _dead_letters(
    aws: Aws, services: dict[str, Any], submissions: Sequence[Submission]
) -> list[dict[str, Any]]:
    """Return the dead letters of these submissions with the title of the ride."""
    titles = {submission.correlation_id: submission.ride.title for submission in submissions}
    return [
        {**letter, "ride": titles[letter["correlationId"]], "consumer": f"{name}.{consumer}"}
        for name, service in services.items()
        for consumer, parts in service["consumers"].items()
        for letter in message_log.dead_letters(aws, parts["deadLetters"])
        if letter["correlationId"] in titles
    ]


def _unexplained(lines: Sequence[verdict.Line], letters: Sequence[dict[str, Any]]) -> bool:
    """Return whether there are more or fewer dead letters than dead-lettered rides."""
    return len(letters) != sum(line.happened == "dead-lettered" for line in lines)
