"""Comparing what happened with what must: each string once on both sides, each message once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from demos.strings.asked import ANSWERED, ASKED, CALLED, CONFIRMED, Asked, Leg, Scene
from demos.strings.place import Place
from ops.inspect.message_log import FINAL, Seen

_ENDS: Final = FINAL | {
    "invocation succeeded",
    "invocation rejected",
    "invocation failed",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one string: its status on both sides, after how many attempts, and how many
    seconds after it was asked for it was generated, stored and received.
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
        """Return it as a JSON object."""
        return asdict(self)


def lines(place: Place, scenes: Sequence[Scene]) -> Iterator[Line]:
    """Yield what became of every string."""
    log = place.log()
    for scene in scenes:
        for asked in scene.asked:
            mine = [seen for seen in log if seen.correlation_id == asked.correlation_id]
            yield _line(place, scene, asked, mine)


def _line(place: Place, scene: Scene, asked: Asked, seen: Sequence[Seen]) -> Line:
    here, there = place.shown(asked.id), place.generated(asked.id)
    times = {_leg(each): round(each.time - asked.sent, 3) for each in seen if each.event in _ENDS}
    attempts = max((each.attempt for each in seen if each.tag == ASKED.tag), default=0)
    wrong = [*_statuses(asked, here, there), *_messages(asked, seen)]
    if attempts != asked.attempts:
        wrong.append(f"{attempts} attempts, expected {asked.attempts}")
    return Line(
        scene=scene.title,
        title=asked.title,
        id=asked.id,
        requestor=here["status"],
        generator=there.get("status", "unknown"),
        attempts=attempts,
        generated=times.get(ASKED, times.get(CALLED)),
        stored=times.get(ANSWERED),
        received=times.get(CONFIRMED),
        wrong="; ".join(wrong) or None,
    )


def _statuses(asked: Asked, here: dict[str, str], there: dict[str, str]) -> Iterator[str]:
    if here["status"] != asked.ending:
        yield f"Requestor has it as {here['status']}, expected {asked.ending}"
    if there.get("status") != "received":
        yield f"Generator has it as {there.get('status')}, expected received"
    if here.get("string") != there.get("string") or len(here.get("string", "")) != asked.length:
        yield f"the strings are {here.get('string')} and {there.get('string')}"


def _messages(asked: Asked, seen: Sequence[Seen]) -> Iterator[str]:
    """Yield every message that was handled more or less often than it must be."""
    happened = Counter(_leg(each) for each in seen if each.event in _ENDS)
    must = Counter(asked.legs)
    for leg in must | happened:
        if happened[leg] != must[leg]:
            text = f"{leg.service} has {leg.tag} {leg.event} {happened[leg]} times"
            yield f"{text}, expected {must[leg]}"


def _leg(seen: Seen) -> Leg:
    return Leg(seen.service, seen.tag, seen.event)
