"""Several handlers at a time: as safe as one after the other, only faster."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from messaging import Consumer, Context, Reject, Retry
from messaging.policy import Guarantee, RetryPolicy
from messaging.testing import ConsumerHarness, FakeLambdaContext, Sender, event, record, sent
from messaging.wire.header import Header
from ops.polling import wait_until
from tests.unit.messaging.doubles import Killed, consumer_that, fail, instead
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]
# Seconds after which a test gives up; no test waits for as long when all is well.
SOON = 20


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """An event on which handlers may hang; it lets them go when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def hanging_on(name: str, released: threading.Event, done: list[str]) -> Consumer:
    def handle(order: OrderPlaced, _: Context) -> None:
        if order.id == name:
            released.wait(SOON)
        done.append(order.id)

    return consumer_that(handle)


@pytest.mark.parametrize("concurrency", [2, 5])
def test_as_many_handlers_run_at_the_same_time_as_the_consumer_may(
    make_harness: MakeHarness, concurrency: int
) -> None:
    harness = make_harness(concurrency=concurrency)
    all_there = threading.Barrier(concurrency)
    now, most = [0], [0]
    lock = threading.Lock()

    def meet(*_: object) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        all_there.wait(SOON)
        with lock:
            now[0] -= 1

    records = [sent(OrderPlaced(id=str(n))) for n in range(2 * concurrency)]
    response = consumer_that(meet)(event(*records), FakeLambdaContext(SOON))

    assert response == {"batchItemFailures": []}
    assert harness.requeued() == []
    assert most == [concurrency]


def test_within_a_message_group_order_is_kept(make_harness: MakeHarness) -> None:
    """On standard queues too, where a group keeps one sender from delaying the others."""
    make_harness(concurrency=4)
    seen: list[str] = []
    records = [
        sent(OrderPlaced(id=f"{group}{n}"), system={"MessageGroupId": group})
        for n in range(5)
        for group in "abc"
    ]

    consumer_that(lambda order, _: seen.append(order.id))(event(*records), FakeLambdaContext())

    for group in "abc":
        assert [each for each in seen if each[0] == group] == [f"{group}{n}" for n in range(5)]


def test_a_hung_handler_fails_alone_and_the_others_go_on(
    make_harness: MakeHarness, released: threading.Event
) -> None:
    harness, done = make_harness(concurrency=2, handler_timeout=0.3), list[str]()
    names = ["hangs", *(f"good-{n}" for n in range(6))]
    records = [sent(OrderPlaced(id=name)) for name in names]

    hanging_on("hangs", released, done)(event(*records), FakeLambdaContext())

    assert sorted(done) == sorted(names[1:])
    (copy,) = harness.requeued()
    assert copy.read(OrderPlaced).id == "hangs"
    assert copy.attempt == 2
    assert (copy.error or "").startswith("HandlerTimedOut")


def test_a_hung_handler_is_replaced_though_it_was_the_only_one(
    make_harness: MakeHarness, released: threading.Event
) -> None:
    harness, done = make_harness(concurrency=2, handler_timeout=0.3), list[str]()
    records = [
        sent(OrderPlaced(id=name), system={"MessageGroupId": "one"}) for name in ("hangs", "a", "b")
    ]

    hanging_on("hangs", released, done)(event(*records), FakeLambdaContext())

    assert done == ["a", "b"]
    assert len(harness.requeued()) == 1


def test_a_hung_handler_stops_its_group_in_a_fifo_queue(
    make_harness: MakeHarness, released: threading.Event
) -> None:
    make_harness(fifo=True, concurrency=2, handler_timeout=0.3)
    done: list[str] = []
    records = [
        sent(OrderPlaced(id=name), sqs_id=name, system={"MessageGroupId": name[0]})
        for name in ("a1", "a2", "b1")
    ]

    response = hanging_on("a1", released, done)(event(*records), FakeLambdaContext())

    assert done == ["b1"]
    assert {item["itemIdentifier"] for item in response["batchItemFailures"]} == {"a1", "a2"}


def test_when_the_time_is_up_what_has_not_started_goes_back(
    make_harness: MakeHarness, released: threading.Event
) -> None:
    harness = make_harness(concurrency=2)
    records = [sent(OrderPlaced(id=str(n)), sqs_id=str(n)) for n in range(5)]
    started = time.monotonic()

    response = consumer_that(lambda *_: released.wait(SOON))(
        event(*records), FakeLambdaContext(1.5)
    )

    assert time.monotonic() - started < 1.5
    assert response == {"batchItemFailures": []}
    attempts = sorted(message.attempt for message in harness.requeued())
    assert attempts == [1, 1, 1, 2, 2], "those that ran have failed, the others lost nothing"


def test_what_an_abandoned_handler_publishes_never_leaves(
    make_harness: MakeHarness, released: threading.Event
) -> None:
    harness = make_harness(concurrency=2, handler_timeout=0.3, publishes=(OrderPacked,))
    ended = threading.Event()

    def handle(order: OrderPlaced, context: Context) -> None:
        context.publish(OrderPacked(id="before"))
        released.wait(SOON)
        context.publish(OrderPacked(id="after"))
        ended.set()

    records = [sent(OrderPlaced(id="1"))]
    consumer_that(handle)(event(*records), FakeLambdaContext())
    released.set()
    assert ended.wait(SOON)
    # The next batch of the same process.
    consumer_that(lambda *_: None)(event(sent(OrderPlaced(id="2"))), FakeLambdaContext())

    assert harness.published() == []


def test_an_abandoned_handler_that_ends_later_changes_nothing(
    make_harness: MakeHarness, released: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = make_harness(concurrency=2, handler_timeout=0.3)
    threads = threading.active_count()

    def handle(*_: object) -> None:
        released.wait(SOON)
        raise Killed

    consumer_that(handle)(event(sent(OrderPlaced(id="1"))), FakeLambdaContext())
    released.set()
    wait_until(lambda: threading.active_count() <= threads, "the end of the thread", seconds=SOON)

    assert [copy.attempt for copy in harness.requeued()] == [2]
    assert capsys.readouterr().err == ""


def test_an_abandoned_handler_keeps_its_claim_until_that_ends(
    make_harness: MakeHarness, released: threading.Event
) -> None:
    harness, runs = make_harness(concurrency=2, handler_timeout=0.3, guarantee="lease"), list[str]()

    def handle(order: OrderPlaced, _: Context) -> None:
        runs.append(order.id)
        released.wait(SOON)

    consumer_that(handle)(event(sent(OrderPlaced(id="1"), Header(id="same"))), FakeLambdaContext())
    (copy,) = harness.requeued()
    again = record(copy["Body"], copy["MessageAttributes"], sender=Sender.CONSUMER)
    consumer_that(handle)(event(again), FakeLambdaContext())

    assert runs == ["1"], "it still runs"
    assert [each.attempt for each in harness.requeued()] == [2, 2]


def test_what_an_abandoned_handler_raises_later_is_nobodys_concern(
    make_harness: MakeHarness, released: threading.Event
) -> None:
    harness = make_harness(concurrency=2, handler_timeout=0.5)
    left_behind: list[threading.Thread] = []

    def handle(order: OrderPlaced, _: Context) -> None:
        if order.id == "hangs":
            left_behind.append(threading.current_thread())
            released.wait(SOON)
            raise Killed
        released.set()
        left_behind[0].join(SOON)

    # In one group, so that the second starts once the first is given up.
    records = [
        sent(OrderPlaced(id=name), system={"MessageGroupId": "one"}) for name in ("hangs", "next")
    ]
    response = consumer_that(handle)(event(*records), FakeLambdaContext())

    assert response == {"batchItemFailures": []}
    assert [copy.read(OrderPlaced).id for copy in harness.requeued()] == ["hangs"]


def test_a_message_that_sqs_hands_out_twice_in_one_batch_is_handled_twice(
    make_harness: MakeHarness,
) -> None:
    """One after the other, and without idempotency; what matters is that nothing breaks."""
    make_harness(concurrency=2)
    seen: list[str] = []
    record = sent(OrderPlaced(id="1"), sqs_id="same")

    response = consumer_that(lambda order, _: seen.append(order.id))(
        event(record, record), FakeLambdaContext()
    )

    assert seen == ["1", "1"]
    assert response == {"batchItemFailures": []}


@pytest.mark.parametrize("concurrency", [1, 3])
def test_what_ends_the_process_is_raised_and_not_waited_for(
    make_harness: MakeHarness, concurrency: int
) -> None:
    harness = make_harness(concurrency=concurrency)
    started = time.monotonic()

    def handle(order: OrderPlaced, _: Context) -> None:
        if order.id == "1":
            raise Killed

    records = [sent(OrderPlaced(id=str(n))) for n in range(3)]
    with pytest.raises(Killed):
        consumer_that(handle)(event(*records), FakeLambdaContext(60))

    assert time.monotonic() - started < SOON
    assert harness.requeued() == []


def test_what_breaks_while_a_group_is_completed_is_raised_and_not_waited_for(
    make_harness: MakeHarness,
) -> None:
    make_harness(fifo=True, concurrency=2)
    instead("sqs", "send_message_batch", lambda **_: None)

    def refuse(*_: object) -> None:
        raise Reject("no")

    record = sent(OrderPlaced(id="1"), system={"MessageGroupId": "a"})
    with pytest.raises(AttributeError):
        consumer_that(refuse)(event(record), FakeLambdaContext(60))


def mixed(order: OrderPlaced, context: Context) -> None:
    """Do something else with every order."""
    match int(order.id) % 6:
        case 0:
            fail()
        case 1:
            raise Reject("no")
        case 2:
            raise Retry(delay=60)
        case 3:
            context.publish(OrderPacked(id=order.id))
        case 4:
            raise SystemExit(1)


@pytest.mark.parametrize("guarantee", ["at-least-once", "lease"])
def test_the_result_is_that_of_one_after_the_other(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    results = []
    for concurrency in (1, 4):
        harness = make_harness(
            concurrency=concurrency,
            publishes=(OrderPacked,),
            guarantee=guarantee,
            retry=RetryPolicy(base=0, jitter="none"),
        )
        records = [sent(OrderPlaced(id=str(n)), sqs_id=str(n)) for n in range(24)]
        response = consumer_that(mixed)(event(*records), FakeLambdaContext())
        results.append(
            (
                response,
                sorted((copy["Body"], copy.attempt, copy.delay) for copy in harness.requeued()),
                sorted((letter["Body"], letter.reason) for letter in harness.dead_letters()),
                sorted(message["Body"] for message in harness.published()),
            )
        )

    assert results[0] == results[1]
    assert [len(part) for part in results[0][1:]] == [12, 4, 4]


def test_a_handler_may_use_asyncio(make_harness: MakeHarness) -> None:
    harness = make_harness(concurrency=2)

    def handle(*_: object) -> None:
        asyncio.run(asyncio.wait_for(asyncio.Event().wait(), 0.01))

    consumer_that(handle)(event(sent(OrderPlaced(id="1"))), FakeLambdaContext())

    assert [(copy.error or "").partition(":")[0] for copy in harness.requeued()] == ["TimeoutError"]
