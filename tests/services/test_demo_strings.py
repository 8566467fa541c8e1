"""Which errors the demo of the strings system reports."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from rich.console import Console

from demos.strings import conversation, render, verdict
from demos.strings.expectations import (
    CONFIRMED,
    INVOKED,
    REPLIED,
    REQUESTED,
    Expectation,
    Outcome,
    Scene,
)
from ops.inspect.message_log import LogEntry

ONE = Expectation(title="8 characters", id="1", correlation_id="c", sent=100.0, length=8)
TEXT = "12345678"


def logged(outcome: Outcome, at: float, **changes: Any) -> LogEntry:
    usual = LogEntry(
        service=outcome.service,
        correlation_id="c",
        event=outcome.event,
        attempt=1,
        time=at,
        tag=outcome.tag,
        message_id=outcome.tag,
        causation_id=None,
    )
    return replace(usual, **changes)


@dataclass
class FakeClient:
    """The deployed system after one string went well."""

    entries: list[LogEntry] = field(
        default_factory=lambda: [
            logged(REQUESTED, 101.0),
            logged(REPLIED, 100.9, causation_id=REQUESTED.tag),
            logged(CONFIRMED, 102.5, causation_id=REPLIED.tag),
            logged(CONFIRMED, 109.0, correlation_id="another's"),
        ]
    )
    from_requestor: dict[str, str] = field(
        default_factory=lambda: {"status": "stored", "string": TEXT}
    )
    from_generator: dict[str, str] = field(
        default_factory=lambda: {"status": "received", "string": TEXT}
    )

    def requested(self, id_: str) -> dict[str, str]:
        return self.from_requestor

    def generated(self, id_: str) -> dict[str, str]:
        return self.from_generator

    def log(self) -> list[LogEntry]:
        return self.entries


def line(client: Any, string: Expectation = ONE) -> verdict.Line:
    (found,) = verdict.lines(client, [Scene(title="both run", strings=(string,))])
    return found


def test_a_string_that_went_well_has_its_times_and_nothing_wrong() -> None:
    found = line(FakeClient())
    assert found.wrong is None
    assert (found.generated, found.stored, found.received) == (1.0, 0.9, 2.5)
    assert (found.requestor, found.generator, found.attempts) == ("stored", "received", 1)


WRONG: dict[str, tuple[Callable[[FakeClient], object], str]] = {
    "not stored": (
        lambda p: p.from_requestor.update(status="requested"),
        "Requestor's status is requested",
    ),
    "not received": (
        lambda p: p.from_generator.update(status="generated"),
        "Generator's status is generated",
    ),
    "not at Generator": (lambda p: p.from_generator.clear(), "Generator's status is None"),
    "another string": (lambda p: p.from_generator.update(string="87654321"), "the strings are"),
    "too short": (
        lambda p: [each.update(string="1") for each in (p.from_requestor, p.from_generator)],
        "strings are",
    ),
    "an outcome is missing": (
        lambda p: p.entries.pop(2),
        "ConfirmString processed 0 times, expected 1",
    ),
    "doubled": (
        lambda p: p.entries.append(logged(REPLIED, 103.0)),
        "processed 2 times, expected 1",
    ),
    "a copy": (
        lambda p: p.entries.append(logged(REPLIED._replace(event="skipped"), 103.0)),
        "StringGenerated skipped 1 times, expected 0",
    ),
    "given up": (
        lambda p: p.entries.append(logged(REQUESTED._replace(event="dead-lettered"), 103.0)),
        "dead-lettered 1 times, expected 0",
    ),
    "invoked, not requested": (
        lambda p: p.entries.append(logged(INVOKED, 103.0)),
        "invocation succeeded 1 times",
    ),
    "tried again": (
        lambda p: p.entries.append(logged(REQUESTED._replace(event="requeued"), 100.5, attempt=2)),
        "2 attempts, expected 1",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), WRONG.values(), ids=WRONG)
def test_a_deviation_is_reported(spoil: Callable[[FakeClient], object], message: str) -> None:
    client = FakeClient()
    spoil(client)
    assert message in (line(client).wrong or "")


def test_a_conversation_is_listed_in_the_order_of_its_causes() -> None:
    steps = conversation.follow(ONE, FakeClient().entries)
    assert [(step.tag, step.cause) for step in steps] == [
        ("GenerateString", None),
        ("StringGenerated", "GenerateString"),
        ("ConfirmString", "StringGenerated"),
    ]
    assert conversation.wrong(ONE, steps) == []


def test_a_conversation_whose_cause_is_lost_is_wrong() -> None:
    client = FakeClient()
    client.entries[1] = replace(client.entries[1], causation_id="unknown")
    assert conversation.wrong(ONE, conversation.follow(ONE, client.entries))


def test_people_see_the_strings_the_conversation_and_what_is_wrong() -> None:
    client, out = FakeClient(), io.StringIO()
    client.from_requestor["status"] = "requested"
    console = Console(file=out, width=120)
    found = line(client)
    render.table([found], console)
    render.conversation(ONE, conversation.follow(ONE, client.entries), console)
    render.verdict([found], [str(found.wrong)], [], console)
    for part in ("8 characters", "requested", "received", "caused by StringGenerated", "WRONG"):
        assert part in out.getvalue()
    assert "none doubled" not in out.getvalue()
