"""A message that ends the process does not take its batch-mates with it.

A process's death is an exception that nothing catches: what was sent until then stays sent, and the
batch comes again with a higher receive count.
"""

from collections.abc import Callable

import msgspec
import pytest

from messaging import Consumer, Context
from messaging.consumer.intake import idempotency
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

MakeStation = Callable[..., ConsumerHarness]
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


def die(place: ConsumerHarness) -> None:
    """Let a process die with the next batch, and SQS hand it out again."""

    def handle(*_: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        place.deliver(consumer_that(handle))
    place.expire_visibility()


def run(place: ConsumerHarness, consumer: Consumer, *, most: int = 10) -> int:
    """Deliver until nothing is left; return how many processes died."""
    deaths = 0
    for _ in range(200):
        try:
            if place.deliver(consumer, most=most) is None:
                return deaths
        except Killed:
            deaths += 1
            place.expire_visibility()
    raise AssertionError("it never ends")


@pytest.mark.parametrize("position", [0, 4, 9])
def test_batch_mates_succeed_and_the_guilty_is_dead_lettered(
    station: MakeStation, position: int
) -> None:
    place, done = station(retry=THREE), list[str]()
    without_delays()
    names = [f"good-{n}" for n in range(9)]
    names.insert(position, "deadly")
    for name in names:
        place.send(OrderPlaced(id=name))

    deaths = run(place, deadly(done))

    assert set(done) == {name for name in names if name != "deadly"}
    (letter,) = place.dead_letters()
    assert letter.cause == "crash"
    assert letter.read(OrderPlaced).id == "deadly"
    assert "nobody answered" in letter.reason
    assert deaths == 4, "once in company, and as often alone as it has attempts"


def test_with_idempotency_the_innocent_are_handled_once_where_their_process_survived(
    station: MakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were done when the process died were not noted: only they are handled twice."""
    place, done = station(retry=THREE, guarantee="lease"), list[str]()
    without_delays()
    monkeypatch.setattr(idempotency, "_CLAIMABLE", "attribute_not_exists(id) OR #status = :claimed")
    monkeypatch.setattr(idempotency, "_NAMES", {"#status": "status"})
    real = instead(
        "dynamodb",
        "put_item",
        lambda **params: real(
            **{**params, "ExpressionAttributeValues": {":claimed": {"S": "claimed"}}}
        ),
    )
    for name in ("first", "deadly", "last"):
        place.send(OrderPlaced(id=name))

    run(place, deadly(done))

    assert sorted(done) == ["first", "first", "last"]
    assert [letter.cause for letter in place.dead_letters()] == ["crash"]


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_deadly_message_that_always_came_alone_ends_too(
    station: MakeStation, attempts: int
) -> None:
    place = station(retry=RetryPolicy(max_attempts=attempts, base=0))
    without_delays()
    place.send(OrderPlaced(id="deadly"))

    deaths = run(place, deadly([]), most=1)

    assert deaths == attempts + 1
    assert [letter.cause for letter in place.dead_letters()] == ["crash"]


def test_two_deadly_messages_do_not_hide_behind_each_other(station: MakeStation) -> None:
    place, done = station(retry=THREE), list[str]()
    without_delays()
    for name in ("a", "deadly-1", "b", "deadly-2", "c"):
        place.send(OrderPlaced(id=name))

    run(place, deadly(done))

    assert set(done) == {"a", "b", "c"}
    letters = place.dead_letters()
    assert {letter.read(OrderPlaced).id for letter in letters} == {"deadly-1", "deadly-2"}
    assert {letter.cause for letter in letters} == {"crash"}


def test_a_deadly_message_is_found_although_the_queue_is_never_quiet(station: MakeStation) -> None:
    place, done = station(retry=THREE), list[str]()
    without_delays()
    place.send(OrderPlaced(id="deadly"))
    consumer = deadly(done)
    for n in range(40):
        place.send(OrderPlaced(id=f"fresh-{n}"))
        try:
            place.deliver(consumer)
        except Killed:
            place.expire_visibility()

    assert [letter.cause for letter in place.dead_letters()] == ["crash"]
    run(place, consumer)
    assert set(done) == {f"fresh-{n}" for n in range(40)}


def test_a_suspect_that_merely_fails_is_nobodys_suspect_any_more(station: MakeStation) -> None:
    place = station(retry=THREE)
    without_delays()
    place.send(OrderPlaced(id="deadly"))
    die(place)

    place.deliver(consumer_that(fail))
    (aside,) = place.requeued()
    assert (aside.attempt, aside.delay) == (1, 0)
    place.deliver(consumer_that(fail))

    assert [copy.attempt for copy in place.requeued()] == [1, 2]
    assert '"suspect"' not in place.requeued()[1]["MessageAttributes"]["retry"]["StringValue"]


def test_suspects_are_set_aside_apart_from_each_other(station: MakeStation) -> None:
    place, done = station(), list[str]()
    records = [sent(OrderPlaced(id=str(n)), receive_count=2) for n in range(4)]
    fresh = sent(OrderPlaced(id="fresh"))

    deadly(done)(event(*records, fresh), FakeLambdaContext())

    assert done == ["fresh"]
    assert [(copy.attempt, copy.delay) for copy in place.requeued()] == [(1, n) for n in range(4)]


def test_a_suspect_that_must_wait_for_another_reason_stays_a_suspect(station: MakeStation) -> None:
    place, seen = station(guarantee="lease", retry=THREE), list[str]()
    place.send(OrderPlaced(id="deadly"))
    for consumer in (deadly([]), consumer_that(accept)):
        try:
            place.deliver(consumer)
        except Killed:
            place.expire_visibility()
    # Set aside, but the claim of the process that died still stands.
    place.deliver(consumer_that(lambda order, _: seen.append(order.id)))

    assert seen == []
    aside, waits = place.requeued()
    for copy in (aside, waits):
        assert '"suspect":true' in copy["MessageAttributes"]["retry"]["StringValue"]
    assert waits.delay > 25


def test_the_originals_of_the_others_are_deleted_after_their_copies_were_sent(
    station: MakeStation,
) -> None:
    place = station(retry=THREE)
    without_delays()
    names = ("deadly", "a", "b")
    for name in names:
        place.send(OrderPlaced(id=name))
    die(place)
    place.deliver(deadly([]))
    calls = Calls("sqs")

    die(place)

    steps = [name for name in calls.names if name != "ReceiveMessage"]
    assert steps[:3] == [
        "SendMessageBatch",
        "DeleteMessageBatch",
        "ChangeMessageVisibilityBatch",
    ]
    (deleted,) = calls.of("DeleteMessageBatch")
    assert len(deleted["Entries"]) == 2
    assert sorted(each.read(OrderPlaced).id for each in place.visible_messages()) == sorted(names)


def test_an_original_whose_copy_could_not_be_sent_is_not_deleted(station: MakeStation) -> None:
    place, done = station(retry=THREE), list[str]()
    without_delays()
    for name in ("a", "b"):
        place.send(OrderPlaced(id=name))
    die(place)
    place.deliver(deadly([]))
    instead(
        "sqs",
        "send_message_batch",
        lambda Entries, **_: {"Failed": [{"Id": each["Id"]} for each in Entries]},  # noqa: N803
    )

    response = place.deliver(deadly(done))

    assert len(done) == 1
    assert response is not None
    assert len(response["batchItemFailures"]) == 1


def test_a_lone_suspect_comes_again_soon_after_the_end_of_its_invocation(
    station: MakeStation,
) -> None:
    place = station(retry=THREE)
    without_delays()
    place.send(OrderPlaced(id="deadly"))
    die(place)
    place.deliver(deadly([]))
    calls = Calls("sqs")

    with pytest.raises(Killed):
        place.deliver(deadly([]), seconds=20)

    first = calls.of("ChangeMessageVisibilityBatch")[0]
    (entry,) = first["Entries"]
    assert 20 < entry["VisibilityTimeout"] <= 26, "not six times the function's timeout"


def test_a_suspect_that_nothing_is_wrong_with_is_done(station: MakeStation) -> None:
    place, done = station(), list[str]()
    place.send(OrderPlaced(id="a"))
    die(place)

    assert run(place, deadly(done)) == 0

    assert done == ["a"]
    assert place.dead_letters() == []


def test_a_suspect_with_no_time_left_is_not_started_and_not_charged(station: MakeStation) -> None:
    place, started = station(retry=THREE), list[str]()
    without_delays()
    place.send(OrderPlaced(id="deadly"))
    die(place)
    place.deliver(deadly([], started))

    place.deliver(deadly([], started), seconds=0.1)

    assert started == []
    assert [copy.attempt for copy in place.requeued()] == [1, 1]


def test_a_message_too_large_to_copy_is_isolated_where_it_is(station: MakeStation) -> None:
    place, done = station(retry=THREE), list[str]()
    without_delays()
    tag = {"msgTag": text("OrderPlaced")}
    place.put('{"id":"deadly"}'.ljust(1_048_000), tag)
    place.send(OrderPlaced(id="good"))

    deaths = run(place, deadly(done))

    assert done == ["good"]
    assert deaths == 3
    (why,) = (each for each in place.dead_letters() if "deadLetter" in each["MessageAttributes"])
    assert why.cause == "crash"


def test_a_lower_limit_in_a_new_version_is_no_crash(station: MakeStation) -> None:
    place = station(retry=RetryPolicy(max_attempts=5, base=0))
    place.send(OrderPlaced(id="1"))
    for _ in range(3):
        place.deliver(consumer_that(fail))
    config = settings()
    assert config.consumer is not None
    stricter = msgspec.structs.replace(config.consumer, retry=THREE)
    place.use(msgspec.structs.replace(config, consumer=stricter))

    place.deliver(consumer_that(fail))

    (letter,) = place.dead_letters()
    assert letter.cause == "attempts"
    assert "attempt 4" in letter.reason


def test_the_others_are_reported_before_the_suspect_may_end_the_process(
    station: MakeStation, capsys: pytest.CaptureFixture[str]
) -> None:
    place = station(retry=THREE)
    without_delays()
    place.send(OrderPlaced(id="deadly"))
    die(place)
    place.deliver(deadly([]))
    place.put("nonsense")
    capsys.readouterr()

    die(place)

    assert '"event":"dead-lettered"' in capsys.readouterr().out
    assert len(place.dead_letters()) == 1


def test_ten_thousand_suspects_are_told_apart_in_a_moment(
    station: MakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comparing each with each would take minutes."""
    station()
    instead("sqs", "send_message_batch", lambda **_: {})
    records = [sent(OrderPlaced(id=str(n)), receive_count=2) for n in range(10_000)]
    calls: list[int] = []

    def compare(self: Delivery, other: object) -> bool:
        calls.append(1)
        return self is other

    monkeypatch.setattr(Delivery, "__eq__", compare)

    deadly([])(event(*records), FakeLambdaContext(300))

    assert calls == []
