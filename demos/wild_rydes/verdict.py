"""Compares what happened with what must."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from contracts.unicorn_management import RideCompleted
from demos.wild_rydes import effects
from demos.wild_rydes.rides import SUBSCRIBERS, Expected
from demos.wild_rydes.submissions import Submission
from ops.inspect.message_log import FINAL, LogEntry
from ops.local.aws import Aws
from topology.filters.matching import explain
from topology.model import System
from topology.routing.subscriptions import subscriptions


@dataclass(frozen=True, kw_only=True)
class Line:
    """What happened to one ride at one service; `seconds` from the submission to the outcome.

    `wrong` is None if the outcome is the expected one.
    """

    ride: str
    service: str
    happened: str
    attempts: int | None = None
    seconds: float | None = None
    wrong: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)


def unsettled(submissions: Sequence[Submission], log: Sequence[LogEntry]) -> int:
    """Return how many of the expected outcomes are not logged yet."""
    ended = _by_service([entry for entry in log if entry.event in FINAL])
    return sum(
        max(0, 1 + submission.ride.twice - len(ended.get((submission.correlation_id, service), ())))
        for submission in submissions
        for service in SUBSCRIBERS
        if submission.ride_id and submission.ride.expected(service).attempts
    )


def lines(
    aws: Aws,
    services: Mapping[str, Any],
    system: System,
    submissions: Sequence[Submission],
    log: Sequence[LogEntry],
) -> Iterator[Line]:
    """Yield what happened to every ride, at the API and at each subscriber."""
    found = _by_service(log)
    for submission in submissions:
        yield _response(submission)
        if submission.ride_id is None:
            # Correlation ids are unique: an entry with this one is a message that must not exist.
            yield _refused(submission, [entry for entry in log if _same(entry, submission)])
            continue
        for service in SUBSCRIBERS:
            line = _line(submission, service, found.get((submission.correlation_id, service), []))
            if line.happened == "filtered out":
                line = _explained(line, submission, service, system)
            elif line.happened == "processed" and not line.wrong:
                missing = effects.missing(aws, services, service, submission)
                line = Line(**{**asdict(line), "wrong": missing})
            yield line


def _same(entry: LogEntry, submission: Submission) -> bool:
    return entry.correlation_id == submission.correlation_id


def _by_service(log: Sequence[LogEntry]) -> dict[tuple[str, str], list[LogEntry]]:
    found: dict[tuple[str, str], list[LogEntry]] = {}
    for entry in sorted(log, key=lambda entry: entry.time):
        found.setdefault((entry.correlation_id, entry.service), []).append(entry)
    return found


def _response(submission: Submission) -> Line:
    expected = submission.ride.status
    status, document = submission.responses[0]
    errors = ", ".join(
        f"{error['field']}: {error['detail']}" for error in document.get("errors", ())
    )
    wrong = None if status == expected else f"{document}, expected {expected}"
    if len({str(response) for response in submission.responses}) > 1:
        wrong = f"the same request got different responses: {submission.responses}"
    happened = f"{status} {errors}".strip() + (" (twice)" if submission.ride.twice else "")
    return Line(ride=submission.ride.title, service="API", happened=happened, wrong=wrong)


def _refused(submission: Submission, entries: Sequence[LogEntry]) -> Line:
    return Line(
        ride=submission.ride.title,
        service="all others",
        happened="not published",
        wrong=f"the refused ride was published: {entries[0]}" if entries else None,
    )


def _line(submission: Submission, service: str, entries: Sequence[LogEntry]) -> Line:
    expected = submission.ride.expected(service)
    final = [entry for entry in entries if entry.event in FINAL]
    # A skipped copy does not change the outcome of the ride.
    last = ([entry for entry in final if entry.event != "skipped"] or final)[-1:]
    actual = Expected(
        last[0].event if last else "filtered out",  # type: ignore[arg-type]  # what was logged
        max((entry.attempt for entry in entries), default=0),
    )
    return Line(
        ride=submission.ride.title,
        service=service,
        happened=actual.outcome,
        attempts=actual.attempts,
        seconds=last[0].time - submission.sent if last else None,
        wrong=None if actual == expected else f"expected {expected.outcome} ({expected.attempts})",
    )


def _explained(line: Line, submission: Submission, name: str, system: System) -> Line:
    """Add why the filter policies do not match the ride."""
    service = next(service for service in system.services if service.name == name)
    ride = submission.ride
    attributes = {"msgTag": {"DataType": "String", "StringValue": RideCompleted.msg_tag}} | {
        key: {"DataType": "Number", "StringValue": f"{value:g}"}
        for key, value in {"fare": ride.fare, "distance": ride.distance}.items()
    }
    reasons = [
        reason
        for consumer in service.consumers
        for subscription in subscriptions(system, service, consumer)
        for reason in explain(subscription.policy, attributes)
    ]
    return Line(**{**asdict(line), "happened": f"filtered out: {', '.join(reasons)}"})
