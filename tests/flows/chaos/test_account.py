"""The auditor itself: evidence that is not in order must not pass."""

from typing import Any

import pytest

from tests.flows.chaos.account import Account, Auditor
from tests.flows.chaos.lambdas.chaos_desk.handler import Task, Todo
from tests.flows.chaos.reasons import KILLED, NOT_NOTED, TIMED_OUT
from tests.flows.chaos.records import NATIVE, Evidence, Invocation, Letter, Line, Message

KILLED_PID = 7


def judge(
    found: Message, todo: Todo = "succeed", timeouts: int = 0, **invocations: Invocation
) -> Account:
    """Judge one message, "m", by itself."""
    evidence = Evidence({"m": found}, invocations, timeouts)
    return Auditor(evidence, [KILLED_PID], "topic").audit({"m": Task(todo=todo)})


def ended(**fields: Any) -> Invocation:
    return Invocation(pid=1, at=0, ids=["m"], ended=True, **fields)


def died(pid: int = KILLED_PID) -> Invocation:
    return Invocation(pid=pid, at=0, ids=["m"])


def processed(request: str = "last", attempt: int = 1) -> Line:
    return Line("processed", request, attempt, None)


def twice(*lines: Line) -> Message:
    """A message that had its effect in the invocations `first` and `last`."""
    return Message(effects=2, runs=["first", "last"], lines=[*lines, processed()])


def test_once_is_in_order() -> None:
    account = judge(Message(effects=1, runs=["last"], lines=[processed()]), last=ended())

    assert (account.problems, account.processed, account.once) == ([], 1, 1)


def test_one_that_died_after_it_was_noted_is_skipped_and_counts_as_processed() -> None:
    found = Message(effects=1, runs=["first"], lines=[Line("skipped", "last", 1, None)])

    account = judge(found, first=died(), last=ended())

    assert (account.complete, account.processed, account.once) == (True, 1, 1)


@pytest.mark.parametrize(
    ("first", "line", "timeouts", "reason"),
    [
        (died(), None, 0, KILLED),
        (died(pid=1), None, 1, TIMED_OUT),
        (ended(not_noted=1), processed("first"), 0, NOT_NOTED),
        (
            ended(),
            Line("requeued", "first", 1, "PublishFailed"),
            0,
            "what it published could not leave",
        ),
    ],
)
def test_a_second_effect_with_a_reason_is_listed(
    first: Invocation, line: Line | None, timeouts: int, reason: str
) -> None:
    found = twice(*([line] if line else []))

    account = judge(found, timeouts=timeouts, first=first, last=ended())

    assert (account.problems, account.twice) == ([], {"m": [reason]})


LETTER = Letter("attempts", 6, "all attempts failed")


@pytest.mark.parametrize(
    ("found", "todo", "problem"),
    [
        (Message(), "succeed", "lost"),
        (Message(effects=1, runs=["last"]), "succeed", "lost"),
        (twice(processed("first")), "succeed", "effects without a reason"),
        (Message(lines=[processed()]), "succeed", "processed without an effect"),
        (Message(effects=2, runs=["last"], lines=[processed()]), "succeed", "2 effects in"),
        (Message(effects=1, runs=["last"], lines=[processed()]), "always", "must not have any"),
        (Message(letters=[Letter("invalid", 1, "?")]), "succeed", "dead for the wrong reason"),
        (Message(letters=[Letter("attempts", 6, "")]), "succeed", "dead without a reason"),
        (Message(lines=[processed(attempt=7)]), "succeed", "attempt 7 of 6"),
        (
            Message(effects=1, runs=["last"], lines=[processed()], letters=[LETTER]),
            "succeed",
            "processed and dead",
        ),
        (Message(effects=1, runs=["last"], letters=[LETTER]), "succeed", "without a reason"),
    ],
)
def test_what_is_not_in_order_is_found(found: Message, todo: Todo, problem: str) -> None:
    account = judge(found, todo, first=ended(), last=ended())

    assert problem in " ".join(account.problems)


def test_more_deaths_than_anyone_caused_are_found() -> None:
    account = judge(twice(), timeouts=0, first=died(pid=1), last=ended())

    assert account.problems == ["1 invocations never ended; the emulator ended 0"]


def test_a_message_that_nobody_sent_is_found() -> None:
    evidence = Evidence({"stranger": Message()}, {}, 0)

    assert Auditor(evidence, [], "topic").audit({}).problems == ["stranger: nobody sent it"]


def test_one_that_sqs_moved_counts_as_dead_with_a_reason() -> None:
    account = judge(Message(letters=[Letter(NATIVE, 0, "received too often")]))

    assert (account.problems, dict(account.dead)) == ([], {NATIVE: 1})
