"""Comparing what happened with what must."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from contracts.unicorn_management import RideCompleted
from demos.wild_rydes import effects
from demos.wild_rydes.rides import SUBSCRIBERS, Expected
from demos.wild_rydes.submissions import Submission
from ops.inspect.message_log import FINAL, Seen
from ops.local.aws import Aws
from topology.filters.matching import explain
from topology.model import System
from topology.routing.subscriptions import subscriptions


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one ride at one place; `seconds` from its submission to the end."""

    ride: str
    place: str
    happened: str
    attempts: int | None = None
    seconds: float | None = None
    wrong: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


def settled(submissions: Sequence[Submission], seen: Sequence[Seen]) -> int:
    """Return how many of the expected endings are still to come."""
    ended = _by_place([line for line in seen if line.event in FINAL])
    return sum(
        max(0, 1 + submission.ride.twice - len(ended.get((submission.correlation_id, place), ())))
        for submission in submissions
        for place in SUBSCRIBERS
        if submission.ride_id and submission.ride.expected(place).attempts
    )


def lines(
    aws: Aws,
    services: Mapping[str, Any],
    system: System,
    submissions: Sequence[Submission],
    seen: Sequence[Seen],
) -> Iterator[Line]:
    """Yield what became of every ride, at the API and at each subscriber."""
    found = _by_place(seen)
    for submission in submissions:
        yield _answer(submission)
        if submission.ride_id is None:
            # Correlation ids are unique, so a line with this one would be a message that must not
            # be.
            yield _nowhere(submission, [line for line in seen if _same(line, submission)])
            continue
        for place in SUBSCRIBERS:
            line = _line(submission, place, found.get((submission.correlation_id, place), []))
            if line.happened == "filtered out":
                line = _explained(line, submission, place, system)
            elif line.happened == "processed" and not line.wrong:
                lack = effects.missing(aws, services, place, submission)
                line = Line(**{**asdict(line), "wrong": lack})
            yield line


def _same(line: Seen, submission: Submission) -> bool:
    return line.correlation_id == submission.correlation_id


def _by_place(seen: Sequence[Seen]) -> dict[tuple[str, str], list[Seen]]:
    found: dict[tuple[str, str], list[Seen]] = {}
    for line in sorted(seen, key=lambda line: line.time):
        found.setdefault((line.correlation_id, line.service), []).append(line)
    return found


def _answer(submission: Submission) -> Line:
    wanted = submission.ride.status
    status, document = submission.answers[0]
    told = ", ".join(f"{error['field']}: {error['detail']}" for error in document.get("errors", ()))
    wrong = None if status == wanted else f"{document}, expected {wanted}"
    if len({str(answer) for answer in submission.answers}) > 1:
        wrong = f"the same request got different answers: {submission.answers}"
    happened = f"{status} {told}".strip() + (" (twice)" if submission.ride.twice else "")
    return Line(ride=submission.ride.title, place="API", happened=happened, wrong=wrong)


def _nowhere(submission: Submission, seen: Sequence[Seen]) -> Line:
    wrong = f"it was published all the same: {seen[0]}" if seen else None
    return Line(
        ride=submission.ride.title, place="all others", happened="not published", wrong=wrong
    )


def _line(submission: Submission, place: str, seen: Sequence[Seen]) -> Line:
    expected = submission.ride.expected(place)
    ended = [line for line in seen if line.event in FINAL]
    # A copy that is skipped changes nothing of what became of the ride.
    ends = [line for line in ended if line.event != "skipped"] or ended
    actual = Expected(
        ends[-1].event if ends else "filtered out",  # type: ignore[arg-type]  # what was logged
        max((line.attempt for line in seen), default=0),
    )
    return Line(
        ride=submission.ride.title,
        place=place,
        happened=actual.ending,
        attempts=actual.attempts,
        seconds=ends[-1].time - submission.sent if ends else None,
        wrong=None if actual == expected else f"expected {expected.ending} ({expected.attempts})",
    )


def _explained(line: Line, submission: Submission, place: str, system: System) -> Line:
    service = next(service for service in system.services if service.name == place)
    ride = submission.ride
    attributes = {"msgTag": {"DataType": "String", "StringValue": RideCompleted.msg_tag}} | {
        name: {"DataType": "Number", "StringValue": f"{value:g}"}
        for name, value in {"fare": ride.fare, "distance": ride.distance}.items()
    }
    reasons = [
        reason
        for consumer in service.consumers
        for subscription in subscriptions(system, service, consumer)
        for reason in explain(subscription.policy, attributes)
    ]
    return Line(**{**asdict(line), "happened": f"filtered out: {', '.join(reasons)}"})
