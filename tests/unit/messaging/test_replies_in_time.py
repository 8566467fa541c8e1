"""Of a reply and the time-out of its request one is handled, whatever fails or is repeated."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from contracts import RequestTimedOut
from messaging import Consumer
from messaging.consumer.reporting.metrics import COUNTS
from messaging.policy import Guarantee
from messaging.sending.pending_requests import ReplyCount
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Calls, instead
from tests.unit.messaging.requesting_service import (
    Request,
    Shop,
    StockReserved,
    copies,
    reply,
    shop_on,
)

MakeHarness = Callable[..., ConsumerHarness]
LEASE: Guarantee = "lease"
COMPLETION: Guarantee = "completion"
both = pytest.mark.parametrize(
    "guarantee", [pytest.param(LEASE, id="lease"), pytest.param(COMPLETION, id="completion")]
)
IN_TIME = ReplyCount(expected=1, received=1)


@pytest.fixture
def harness(make_harness: MakeHarness) -> ConsumerHarness:
    """A service `Test` that requests stock and skips copies."""
    return shop_on(make_harness)


def logged(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str | None]]:
    """Return the log's event and reason of every message."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(line["event"], line.get("why")) for line in lines if "event" in line]


# One is received, then the other.


@both
def test_after_a_reply_in_time_the_time_out_is_skipped(
    make_harness: MakeHarness, guarantee: Guarantee, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = shop_on(make_harness, guarantee=guarantee)
    request, shop = Request(harness), Shop()

    shop.receive([reply(request.id, "a")])
    capsys.readouterr()
    shop.take(request.time_out)

    assert shop.handled == [("reply", "a", IN_TIME)]
    assert logged(capsys) == [("skipped", "all replies came in time")]
    assert copies(harness) == harness.dead_letters() == []


@both
def test_after_the_time_out_a_reply_is_skipped(
    make_harness: MakeHarness, guarantee: Guarantee, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = shop_on(make_harness, guarantee=guarantee)
    request, shop = Request(harness), Shop()

    shop.take(request.time_out)
    capsys.readouterr()
    shop.receive([reply(request.id, "a")])

    assert shop.handled == [("time-out", request.time_out.id, None)]
    assert [each.request_id for each in shop.timed_out] == [request.id]
    assert logged(capsys) == [("skipped", "a late reply: the request is over")]
    assert copies(harness) == harness.dead_letters() == []


def test_after_the_time_out_a_reply_goes_to_the_handler_of_late_replies(
    harness: ConsumerHarness,
) -> None:
    request, shop = Request(harness), Shop(late=True)

    shop.take(request.time_out)
    shop.receive([reply(request.id, "a")])

    assert shop.handled == [
        ("time-out", request.time_out.id, None),
        ("late", "a", ReplyCount(expected=1, received=0, in_time=False)),
    ]


def test_a_reply_in_time_does_not_go_to_the_handler_of_late_replies(
    harness: ConsumerHarness,
) -> None:
    request, shop = Request(harness), Shop(late=True)

    shop.receive([reply(request.id, "a")])

    assert shop.kinds == ["reply"]


def test_a_late_reply_whose_handler_fails_is_retried_and_still_late(
    harness: ConsumerHarness,
) -> None:
    request, shop = Request(harness), Shop(late=True)
    shop.failures["late"] = 1

    shop.take(request.time_out)
    shop.receive([reply(request.id, "a")])
    shop.take(*copies(harness))

    assert shop.kinds == ["time-out", "late"]
    assert [copy.attempt for copy in copies(harness)] == [2]


def test_a_second_reply_with_another_id_is_late(harness: ConsumerHarness) -> None:
    request, shop = Request(harness), Shop(late=True)

    for id_ in ("a", "b"):
        shop.receive([reply(request.id, id_)])

    assert shop.handled == [
        ("reply", "a", IN_TIME),
        ("late", "b", ReplyCount(expected=1, received=1, in_time=False)),
    ]


def test_replies_to_two_requests_are_independent(
    harness: ConsumerHarness,
) -> None:
    one, other, shop = Request(harness, "1"), Request(harness, "2"), Shop()

    shop.take(one.time_out)
    shop.receive([reply(one.id, "a"), reply(other.id, "b")])
    shop.take(other.time_out)

    assert [each[:2] for each in shop.handled] == [("time-out", one.time_out.id), ("reply", "b")]


def test_a_reply_and_the_time_out_in_one_batch_are_not_both_handled(
    harness: ConsumerHarness,
) -> None:
    request, shop, one_at_a_time = Request(harness), Shop(), threading.Lock()

    def update(**params: Any) -> Any:
        # DynamoDB updates an item atomically; moto reads first, then writes.
        with one_at_a_time:
            return real(**params)

    real = instead("dynamodb", "update_item", update)
    time_out = sent(request.time_out.read(RequestTimedOut), Header(id=request.time_out.id))

    shop.receive([reply(request.id, "a"), time_out])

    assert len(shop.handled) == 1


# Without a time limit.


def test_a_reply_to_a_request_without_a_time_limit_is_handled(harness: ConsumerHarness) -> None:
    shop = Shop(late=True)

    shop.receive([reply("unlimited", "a")])

    assert shop.handled == [("reply", "a", None)]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(Header(id="a"), id="no service waits"),
        pytest.param(
            Header(id="a", requestservices=("Test", "Other"), requestids=("r", "o"), replyto="o"),
            id="another service gets the next reply",
        ),
        pytest.param(
            Header(id="a", requestservices=("Test",), requestids=("r",)), id="no reply, an event"
        ),
    ],
)
def test_an_event_that_is_no_reply_to_the_service_is_handled_without_a_read(
    harness: ConsumerHarness, header: Header
) -> None:
    shop, calls = Shop(), Calls("dynamodb")

    shop.receive([sent(StockReserved(order="1"), header)])

    assert shop.handled == [("reply", "a", None)]
    assert "UpdateItem" not in calls.names


def test_a_service_without_time_limits_reads_no_table(make_harness: MakeHarness) -> None:
    shop_on(make_harness, accepts_enqueued=(), guarantee="at-least-once")
    shop, calls = Shop(), Calls("dynamodb")

    shop.receive([reply("r", "a")])

    assert shop.handled == [("reply", "a", None)]
    assert calls.names == []


@pytest.mark.parametrize("responder", ["Stock.shelves", None])
def test_the_context_names_the_responder(harness: ConsumerHarness, responder: str | None) -> None:
    request, seen = Request(harness), list[str | None]()
    consumer = Consumer()
    consumer.on(StockReserved)(lambda _, context: seen.append(context.responder))

    consumer(event(reply(request.id, "a", responder)), FakeLambdaContext())

    assert seen == [responder]


def test_a_consumer_that_listens_to_such_events_handles_all_of_them(
    make_harness: MakeHarness,
) -> None:
    harness = shop_on(make_harness, replies=())
    request, shop, calls = Request(harness), Shop(), Calls("dynamodb")

    shop.receive([reply(request.id, "a"), reply(request.id, "b")])

    assert [each[0] for each in shop.handled] == ["reply", "reply"]
    assert "UpdateItem" not in calls.names


def test_a_late_reply_is_counted_as_late(
    make_harness: MakeHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = shop_on(make_harness)
    request, shop = Request(harness, "1"), Shop()
    shop.receive([reply(request.id, "a")])
    capsys.readouterr()

    shop.receive([reply(request.id, "b")])

    assert counted(capsys) == {"Late": 1}

    shop.take(request.time_out)

    assert counted(capsys) == {"Processed": 1}, "an answered request's time-out is the normal case"


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    metrics = json.loads(capsys.readouterr().out.splitlines()[-1])
    return {name: metrics[name] for name in COUNTS if metrics[name]}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_reply_count_is_known_with_and_without_threads(
    make_harness: MakeHarness, concurrency: int
) -> None:
    harness = shop_on(make_harness, concurrency=concurrency)
    requests = [Request(harness, str(n)) for n in range(3)]
    shop = Shop()

    shop.receive([reply(each.id, f"a{n}") for n, each in enumerate(requests)])

    assert sorted(shop.handled, key=lambda each: each[1]) == [
        ("reply", f"a{n}", IN_TIME) for n in range(3)
    ]
