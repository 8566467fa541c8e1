"""Compares what happened with what must: each string and each message once on both sides."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from demos.strings.client import Client
from demos.strings.expectations import (
    CONFIRMED,
    INVOKED,
    REPLIED,
    REQUESTED,
    Expectation,
    Outcome,
    Scene,
)
from ops.inspect.message_log import FINAL, LogEntry

_FINAL: Final = FINAL | {"invocation succeeded", "invocation rejected", "invocation failed"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one string: its status at both services and the attempts of GenerateString.

    `generated`, `stored` and `received` are seconds after the request; `wrong` is None if all is as
    expected.
    """

    scene: str
    title: str
    id: str
    requestor: str
    generator: str
    attempts: int
    generated: float | None
    stored: float | None
    received: float | None
    wrong: str | None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)


def lines(client: Client, scenes: Sequence[Scene]) -> Iterator[Line]:
    """Yield what became of every string."""
    log = client.log()
    for scene in scenes:
        for string in scene.strings:
            entries = [each for each in log if each.correlation_id == string.correlation_id]
            yield _line(client, scene, string, entries)


def _line(client: Client, scene: Scene, string: Expectation, entries: Sequence[LogEntry]) -> Line:
    requested, generated = client.requested(string.id), client.generated(string.id)
    times = {
        _outcome(each): round(each.time - string.sent, 3)
        for each in entries
        if each.event in _FINAL
    }
    attempts = max((each.attempt for each in entries if each.tag == REQUESTED.tag), default=0)
    wrong = [*_statuses(string, requested, generated), *_outcomes(string, entries)]
    if attempts != string.attempts:
        wrong.append(f"{attempts} attempts, expected {string.attempts}")
    return Line(
        scene=scene.title,
        title=string.title,
        id=string.id,
        requestor=requested["status"],
        generator=generated.get("status", "unknown"),
        attempts=attempts,
        generated=times.get(REQUESTED, times.get(INVOKED)),
        stored=times.get(REPLIED),
        received=times.get(CONFIRMED),
        wrong="; ".join(wrong) or None,
    )


def _statuses(
    string: Expectation, requested: dict[str, str], generated: dict[str, str]
) -> Iterator[str]:
    if requested["status"] != string.ending:
        yield f"Requestor's status is {requested['status']}, expected {string.ending}"
    if generated.get("status") != "received":
        yield f"Generator's status is {generated.get('status')}, expected received"
    texts = requested.get("string"), generated.get("string")
    if texts[0] != texts[1] or len(texts[0] or "") != string.length:
        yield f"the strings are {texts[0]} and {texts[1]}"


def _outcomes(string: Expectation, entries: Sequence[LogEntry]) -> Iterator[str]:
    """Yield an error for each outcome that is logged more or less often than expected."""
    logged = Counter(_outcome(each) for each in entries if each.event in _FINAL)
    expected = Counter(string.outcomes)
    for each in expected | logged:
        if logged[each] != expected[each]:
            text = f"{each.service}: {each.tag} {each.event} {logged[each]} times"
            yield f"{text}, expected {expected[each]}"


def _outcome(entry: LogEntry) -> Outcome:
    return Outcome(entry.service, entry.tag, entry.event)
