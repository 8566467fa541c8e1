"""A message that ends the process does not take its batch-mates with it.

A process's death is an exception that nothing catches: what was sent until then stays sent, and the
batch comes again with a higher receive count.
"""

from collections.abc import Callable

import msgspec
import pytest

from messaging import Consumer, Context
from messaging.consumer.intake import idempotency_table
from messaging.consumer.model.delivery import Delivery
from messaging.policy import RetryPolicy
from messaging.settings import settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from messaging.wire.encoding import text
from tests.unit.messaging.doubles import (
    Calls,
    Killed,
    accept,
    consumer_that,
    fail,
    instead,
    without_delays,
)
from tests.unit.messaging.orders import OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]
THREE = RetryPolicy(max_attempts=3, base=0)


def deadly(done: list[str], started: list[str] | None = None) -> Consumer:
    """Return a consumer that dies of any order whose id starts with "deadly"."""

    def handle(order: OrderPlaced, _: Context) -> None:
        if started is not None:
            started.append(order.id)
        if order.id.startswith("deadly"):
            raise Killed
        done.append(order.id)

    return consumer_that(handle)


def die(harness: ConsumerHarness) -> None:
    """Let a process die with the next batch, and SQS hand it out again."""

    def handle(*_: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        harness.deliver(consumer_that(handle))
    harness.expire_visibility()


def run(harness: ConsumerHarness, consumer: Consumer, *, most: int = 10) -> int:
    """Deliver until nothing is left; return how many processes died."""
    deaths = 0
    for _ in range(200):
        try:
            if harness.deliver(consumer, most=most) is None:
                return deaths
        except Killed:
            deaths += 1
            harness.expire_visibility()
    raise AssertionError("it never ends")


@pytest.mark.parametrize("position", [0, 4, 9])
def test_batch_mates_succeed_and_the_guilty_is_dead_lettered(
    make_harness: MakeHarness, position: int
) -> None:
    harness, done = make_harness(retry=THREE), list[str]()
    without_delays()
    names = [f"good-{n}" for n in range(9)]
    names.insert(position, "deadly")
    for name in names:
        harness.send(OrderPlaced(id=name))

    deaths = run(harness, deadly(done))

    assert set(done) == {name for name in names if name != "deadly"}
    (letter,) = harness.dead_letters()
    assert letter.cause == "crash"
    assert letter.read(OrderPlaced).id == "deadly"
    assert "never released" in letter.reason
    assert deaths == 4, "once in company, and as often alone as it has attempts"


def test_with_idempotency_the_innocent_are_handled_once_where_their_process_survived(
    make_harness: MakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were done when the process died were not noted: only they are handled twice."""
    harness, done = make_harness(retry=THREE, guarantee="lease"), list[str]()
    without_delays()
    monkeypatch.setattr(
        idempotency_table, "_CLAIMABLE", "attribute_not_exists(id) OR #status = :claimed"
    )
    monkeypatch.setattr(idempotency_table, "_NAMES", {"#status": "status"})
    real = instead(
        "dynamodb",
        "put_item",
        lambda **params: real(
            **{**params, "ExpressionAttributeValues": {":claimed": {"S": "claimed"}}}
        ),
    )
    for name in ("first", "deadly", "last"):
        harness.send(OrderPlaced(id=name))

    run(harness, deadly(done))

    assert sorted(done) == ["first", "first", "last"]
    assert [letter.cause for letter in harness.dead_letters()] == ["crash"]


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_deadly_message_that_always_came_alone_ends_too(
    make_harness: MakeHarness, attempts: int
) -> None:
    harness = make_harness(retry=RetryPolicy(max_attempts=attempts, base=0))
    without_delays()
    harness.send(OrderPlaced(id="deadly"))

    deaths = run(harness, deadly([]), most=1)

    assert deaths == attempts + 1
    assert [letter.cause for letter in harness.dead_letters()] == ["crash"]


def test_two_deadly_messages_do_not_hide_behind_each_other(make_harness: MakeHarness) -> None:
    harness, done = make_harness(retry=THREE), list[str]()
    without_delays()
    for name in ("a", "deadly-1", "b", "deadly-2", "c"):
        harness.send(OrderPlaced(id=name))

    run(harness, deadly(done))

    assert set(done) == {"a", "b", "c"}
    letters = harness.dead_letters()
    assert {letter.read(OrderPlaced).id for letter in letters} == {"deadly-1", "deadly-2"}
    assert {letter.cause for letter in letters} == {"crash"}


def test_a_deadly_message_is_found_although_the_queue_is_never_quiet(
    make_harness: MakeHarness,
) -> None:
    harness, done = make_harness(retry=THREE), list[str]()
    without_delays()
    harness.send(OrderPlaced(id="deadly"))
    consumer = deadly(done)
    for n in range(40):
        harness.send(OrderPlaced(id=f"fresh-{n}"))
        try:
            harness.deliver(consumer)
        except Killed:
            harness.expire_visibility()

    assert [letter.cause for letter in harness.dead_letters()] == ["crash"]
    run(harness, consumer)
    assert set(done) == {f"fresh-{n}" for n in range(40)}


def test_a_suspect_that_merely_fails_is_nobodys_suspect_any_more(make_harness: MakeHarness) -> None:
    harness = make_harness(retry=THREE)
    without_delays()
    harness.send(OrderPlaced(id="deadly"))
    die(harness)

    harness.deliver(consumer_that(fail))
    (aside,) = harness.requeued()
    assert (aside.attempt, aside.delay) == (1, 0)
    harness.deliver(consumer_that(fail))

    assert [copy.attempt for copy in harness.requeued()] == [1, 2]
    assert '"suspect"' not in harness.requeued()[1]["MessageAttributes"]["retry"]["StringValue"]


def test_suspects_are_set_aside_apart_from_each_other(make_harness: MakeHarness) -> None:
    harness, done = make_harness(), list[str]()
    records = [sent(OrderPlaced(id=str(n)), receive_count=2) for n in range(4)]
    fresh = sent(OrderPlaced(id="fresh"))

    deadly(done)(event(*records, fresh), FakeLambdaContext())

    assert done == ["fresh"]
    assert [(copy.attempt, copy.delay) for copy in harness.requeued()] == [(1, n) for n in range(4)]


def test_a_suspect_that_must_wait_for_another_reason_stays_a_suspect(
    make_harness: MakeHarness,
) -> None:
    harness, seen = make_harness(guarantee="lease", retry=THREE), list[str]()
    harness.send(OrderPlaced(id="deadly"))
    for consumer in (deadly([]), consumer_that(accept)):
        try:
            harness.deliver(consumer)
        except Killed:
            harness.expire_visibility()
    # Isolated, but the claim of the process that died still stands.
    harness.deliver(consumer_that(lambda order, _: seen.append(order.id)))

    assert seen == []
    aside, waits = harness.requeued()
    for copy in (aside, waits):
        assert '"suspect":true' in copy["MessageAttributes"]["retry"]["StringValue"]
    assert waits.delay == 1


def test_the_originals_of_the_others_are_deleted_after_their_copies_were_sent(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(retry=THREE)
    without_delays()
    names = ("deadly", "a", "b")
    for name in names:
        harness.send(OrderPlaced(id=name))
    die(harness)
    harness.deliver(deadly([]))
    calls = Calls("sqs")

    die(harness)

    steps = [name for name in calls.names if name != "ReceiveMessage"]
    assert steps[:3] == [
        "SendMessageBatch",
        "DeleteMessageBatch",
        "ChangeMessageVisibilityBatch",
    ]
    (deleted,) = calls.of("DeleteMessageBatch")
    assert len(deleted["Entries"]) == 2
    assert sorted(each.read(OrderPlaced).id for each in harness.visible_messages()) == sorted(names)


def test_an_original_whose_copy_could_not_be_sent_is_not_deleted(make_harness: MakeHarness) -> None:
    harness, done = make_harness(retry=THREE), list[str]()
    without_delays()
    for name in ("a", "b"):
        harness.send(OrderPlaced(id=name))
    die(harness)
    harness.deliver(deadly([]))
    instead(
        "sqs",
        "send_message_batch",
        lambda Entries, **_: {"Failed": [{"Id": each["Id"]} for each in Entries]},  # noqa: N803
    )

    response = harness.deliver(deadly(done))

    assert len(done) == 1
    assert response is not None
    assert len(response["batchItemFailures"]) == 1


def test_a_lone_suspect_comes_again_soon_after_the_end_of_its_invocation(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(retry=THREE)
    without_delays()
    harness.send(OrderPlaced(id="deadly"))
    die(harness)
    harness.deliver(deadly([]))
    calls = Calls("sqs")

    with pytest.raises(Killed):
        harness.deliver(deadly([]), seconds=20)

    first = calls.of("ChangeMessageVisibilityBatch")[0]
    (entry,) = first["Entries"]
    assert 20 < entry["VisibilityTimeout"] <= 26, "not six times the function's timeout"


def test_a_suspect_that_nothing_is_wrong_with_is_done(make_harness: MakeHarness) -> None:
    harness, done = make_harness(), list[str]()
    harness.send(OrderPlaced(id="a"))
    die(harness)

    assert run(harness, deadly(done)) == 0

    assert done == ["a"]
    assert harness.dead_letters() == []


def test_a_suspect_with_no_time_left_is_not_started_and_not_charged(
    make_harness: MakeHarness,
) -> None:
    harness, started = make_harness(retry=THREE), list[str]()
    without_delays()
    harness.send(OrderPlaced(id="deadly"))
    die(harness)
    harness.deliver(deadly([], started))

    harness.deliver(deadly([], started), seconds=0.1)

    assert started == []
    assert [copy.attempt for copy in harness.requeued()] == [1, 1]


def test_a_message_too_large_to_copy_is_isolated_where_it_is(make_harness: MakeHarness) -> None:
    harness, done = make_harness(retry=THREE), list[str]()
    without_delays()
    tag = {"msgTag": text("OrderPlaced")}
    harness.put('{"id":"deadly"}'.ljust(1_048_000), tag)
    harness.send(OrderPlaced(id="good"))

    deaths = run(harness, deadly(done))

    assert done == ["good"]
    assert deaths == 3
    (why,) = (each for each in harness.dead_letters() if "deadLetter" in each["MessageAttributes"])
    assert why.cause == "crash"


def test_a_lower_limit_in_a_new_version_is_no_crash(make_harness: MakeHarness) -> None:
    harness = make_harness(retry=RetryPolicy(max_attempts=5, base=0))
    harness.send(OrderPlaced(id="1"))
    for _ in range(3):
        harness.deliver(consumer_that(fail))
    config = settings()
    assert config.consumer is not None
    stricter = msgspec.structs.replace(config.consumer, retry=THREE)
    harness.use(msgspec.structs.replace(config, consumer=stricter))

    harness.deliver(consumer_that(fail))

    (letter,) = harness.dead_letters()
    assert letter.cause == "attempts"
    assert "attempt 4" in letter.reason


def test_the_others_are_reported_before_the_suspect_may_end_the_process(
    make_harness: MakeHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = make_harness(retry=THREE)
    without_delays()
    harness.send(OrderPlaced(id="deadly"))
    die(harness)
    harness.deliver(deadly([]))
    harness.put("nonsense")
    capsys.readouterr()

    die(harness)

    assert '"event":"dead-lettered"' in capsys.readouterr().out
    assert len(harness.dead_letters()) == 1


def test_ten_thousand_suspects_are_told_apart_in_a_moment(
    make_harness: MakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comparing each with each would take minutes."""
    make_harness()
    instead("sqs", "send_message_batch", lambda **_: {})
    records = [sent(OrderPlaced(id=str(n)), receive_count=2) for n in range(10_000)]
    calls: list[int] = []

    def compare(self: Delivery, other: object) -> bool:
        calls.append(1)
        return self is other

    monkeypatch.setattr(Delivery, "__eq__", compare)

    deadly([])(event(*records), FakeLambdaContext(300))

    assert calls == []
