"""What the demo of Requestor and Generator calls wrong."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from rich.console import Console

from demos.strings import conversation, show, verdict
from demos.strings.asked import ANSWERED, ASKED, CALLED, CONFIRMED, Asked, Leg, Scene
from ops.inspect.message_log import Seen

ONE = Asked(title="8 characters", id="1", correlation_id="c", sent=100.0, length=8)
TEXT = "12345678"


def logged(leg: Leg, at: float, **changes: Any) -> Seen:
    usual = Seen(
        service=leg.service,
        correlation_id="c",
        event=leg.event,
        attempt=1,
        time=at,
        tag=leg.tag,
        message_id=leg.tag,
        causation_id=None,
    )
    return replace(usual, **changes)


@dataclass
class FakePlace:
    """The deployed system after one string went well."""

    seen: list[Seen] = field(
        default_factory=lambda: [
            logged(ASKED, 101.0),
            logged(ANSWERED, 100.9, causation_id=ASKED.tag),
            logged(CONFIRMED, 102.5, causation_id=ANSWERED.tag),
            logged(CONFIRMED, 109.0, correlation_id="another's"),
        ]
    )
    here: dict[str, str] = field(default_factory=lambda: {"status": "stored", "string": TEXT})
    there: dict[str, str] = field(default_factory=lambda: {"status": "received", "string": TEXT})

    def shown(self, id_: str) -> dict[str, str]:
        return self.here

    def generated(self, id_: str) -> dict[str, str]:
        return self.there

    def log(self) -> list[Seen]:
        return self.seen


def line(place: Any, asked: Asked = ONE) -> verdict.Line:
    (found,) = verdict.lines(place, [Scene(title="both run", asked=(asked,))])
    return found


def test_a_string_that_went_well_has_its_times_and_nothing_wrong() -> None:
    found = line(FakePlace())
    assert found.wrong is None
    assert (found.generated, found.stored, found.received) == (1.0, 0.9, 2.5)
    assert (found.requestor, found.generator, found.attempts) == ("stored", "received", 1)


WRONG: dict[str, tuple[Callable[[FakePlace], object], str]] = {
    "not stored": (lambda p: p.here.update(status="requested"), "Requestor has it as requested"),
    "not received": (lambda p: p.there.update(status="generated"), "Generator has it as generated"),
    "not at Generator": (lambda p: p.there.clear(), "Generator has it as None"),
    "another string": (lambda p: p.there.update(string="87654321"), "the strings are"),
    "too short": (lambda p: [each.update(string="1") for each in (p.here, p.there)], "strings are"),
    "a leg is missing": (lambda p: p.seen.pop(2), "ConfirmString processed 0 times, expected 1"),
    "doubled": (lambda p: p.seen.append(logged(ANSWERED, 103.0)), "processed 2 times, expected 1"),
    "a copy": (
        lambda p: p.seen.append(logged(ANSWERED._replace(event="skipped"), 103.0)),
        "StringGenerated skipped 1 times, expected 0",
    ),
    "given up": (
        lambda p: p.seen.append(logged(ASKED._replace(event="dead-lettered"), 103.0)),
        "dead-lettered 1 times, expected 0",
    ),
    "called, not asked": (
        lambda p: p.seen.append(logged(CALLED, 103.0)),
        "invocation succeeded 1 times",
    ),
    "tried again": (
        lambda p: p.seen.append(logged(ASKED._replace(event="requeued"), 100.5, attempt=2)),
        "2 attempts, expected 1",
    ),
}


@pytest.mark.parametrize(("spoil", "told"), WRONG.values(), ids=WRONG)
def test_whatever_is_not_as_it_must_be_is_wrong(
    spoil: Callable[[FakePlace], object], told: str
) -> None:
    place = FakePlace()
    spoil(place)
    assert told in (line(place).wrong or "")


def test_a_conversation_is_told_in_the_order_of_its_causes() -> None:
    steps = conversation.follow(ONE, FakePlace().seen)
    assert [(step.tag, step.cause) for step in steps] == [
        ("GenerateString", None),
        ("StringGenerated", "GenerateString"),
        ("ConfirmString", "StringGenerated"),
    ]
    assert conversation.wrong(ONE, steps) == []


def test_a_conversation_whose_cause_is_lost_is_wrong() -> None:
    place = FakePlace()
    place.seen[1] = replace(place.seen[1], causation_id="nobody knows")
    assert conversation.wrong(ONE, conversation.follow(ONE, place.seen))


def test_people_see_the_strings_the_conversation_and_what_is_wrong() -> None:
    place, out = FakePlace(), io.StringIO()
    place.here["status"] = "requested"
    console = Console(file=out, width=120)
    found = line(place)
    show.table([found], console)
    show.conversation(ONE, conversation.follow(ONE, place.seen), console)
    show.verdict([found], [str(found.wrong)], [], console)
    for part in ("8 characters", "requested", "received", "caused by StringGenerated", "WRONG"):
        assert part in out.getvalue()
    assert "none doubled" not in out.getvalue()
