"""Of an answer and the time-out of its request one is handled, whatever fails and comes twice."""

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
    answer,
    copies,
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
    """Where `Test` asks the stock, and what is handled once is remembered."""
    return shop_on(make_harness)


def logged(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str | None]]:
    """What the log says became of every message, and why."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(line["event"], line.get("why")) for line in lines if "event" in line]


# One comes, then the other.


@both
def test_after_an_answer_in_time_the_time_out_is_skipped(
    make_harness: MakeHarness, guarantee: Guarantee, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = shop_on(make_harness, guarantee=guarantee)
    request, shop = Request(harness), Shop()

    shop.receive([answer(request.id, "a")])
    capsys.readouterr()
    shop.take(request.time_out)

    assert shop.told == [("answer", "a", IN_TIME)]
    assert logged(capsys) == [("skipped", "all replies came in time")]
    assert copies(harness) == harness.dead_letters() == []


@both
def test_after_the_time_out_an_answer_is_skipped(
    make_harness: MakeHarness, guarantee: Guarantee, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = shop_on(make_harness, guarantee=guarantee)
    request, shop = Request(harness), Shop()

    shop.take(request.time_out)
    capsys.readouterr()
    shop.receive([answer(request.id, "a")])

    assert shop.told == [("time-out", request.time_out.id, None)]
    assert [told.request_id for told in shop.timed_out] == [request.id]
    assert logged(capsys) == [("skipped", "a late reply: the request is over")]
    assert copies(harness) == harness.dead_letters() == []


def test_after_the_time_out_an_answer_goes_to_who_hears_late_ones(harness: ConsumerHarness) -> None:
    request, shop = Request(harness), Shop(late=True)

    shop.take(request.time_out)
    shop.receive([answer(request.id, "a")])

    assert shop.told == [
        ("time-out", request.time_out.id, None),
        ("late", "a", ReplyCount(expected=1, received=0, in_time=False)),
    ]


def test_an_answer_in_time_does_not_go_to_who_hears_late_ones(harness: ConsumerHarness) -> None:
    request, shop = Request(harness), Shop(late=True)

    shop.receive([answer(request.id, "a")])

    assert shop.kinds == ["answer"]


def test_a_late_answer_whose_handler_fails_is_tried_again_and_still_late(
    harness: ConsumerHarness,
) -> None:
    request, shop = Request(harness), Shop(late=True)
    shop.failures["late"] = 1

    shop.take(request.time_out)
    shop.receive([answer(request.id, "a")])
    shop.take(*copies(harness))

    assert shop.kinds == ["time-out", "late"]
    assert [copy.attempt for copy in copies(harness)] == [2]


def test_a_second_answer_of_another_id_is_late(harness: ConsumerHarness) -> None:
    request, shop = Request(harness), Shop(late=True)

    for id_ in ("a", "b"):
        shop.receive([answer(request.id, id_)])

    assert shop.told == [
        ("answer", "a", IN_TIME),
        ("late", "b", ReplyCount(expected=1, received=1, in_time=False)),
    ]


def test_answers_to_two_requests_have_nothing_to_do_with_each_other(
    harness: ConsumerHarness,
) -> None:
    one, other, shop = Request(harness, "1"), Request(harness, "2"), Shop()

    shop.take(one.time_out)
    shop.receive([answer(one.id, "a"), answer(other.id, "b")])
    shop.take(other.time_out)

    assert [told[:2] for told in shop.told] == [("time-out", one.time_out.id), ("answer", "b")]


def test_an_answer_and_the_time_out_in_one_batch_are_never_both_handled(
    harness: ConsumerHarness,
) -> None:
    request, shop, one_at_a_time = Request(harness), Shop(), threading.Lock()

    def update(**params: Any) -> Any:
        # DynamoDB changes an item at once; moto looks first, then writes.
        with one_at_a_time:
            return real(**params)

    real = instead("dynamodb", "update_item", update)
    time_out = sent(request.time_out.read(RequestTimedOut), Header(id=request.time_out.id))

    shop.receive([answer(request.id, "a"), time_out])

    assert len(shop.told) == 1


# What has no time limit.


def test_an_answer_to_a_request_without_a_time_limit_is_handled(harness: ConsumerHarness) -> None:
    shop = Shop(late=True)

    shop.receive([answer("unlimited", "a")])

    assert shop.told == [("answer", "a", None)]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(Header(id="a"), id="nobody waits"),
        pytest.param(
            Header(id="a", requestservices=("Test", "Other"), requestids=("r", "o"), replyto="o"),
            id="another service is to be answered first",
        ),
        pytest.param(
            Header(id="a", requestservices=("Test",), requestids=("r",)), id="no answer, an event"
        ),
    ],
)
def test_an_event_that_is_no_answer_to_the_service_is_handled_without_a_look(
    harness: ConsumerHarness, header: Header
) -> None:
    shop, calls = Shop(), Calls("dynamodb")

    shop.receive([sent(StockReserved(order="1"), header)])

    assert shop.told == [("answer", "a", None)]
    assert "UpdateItem" not in calls.names


def test_a_service_without_time_limits_asks_no_table(make_harness: MakeHarness) -> None:
    shop_on(make_harness, accepts_enqueued=(), guarantee="at-least-once")
    shop, calls = Shop(), Calls("dynamodb")

    shop.receive([answer("r", "a")])

    assert shop.told == [("answer", "a", None)]
    assert calls.names == []


@pytest.mark.parametrize("responder", ["Stock.shelves", None])
def test_a_handler_knows_who_has_answered(harness: ConsumerHarness, responder: str | None) -> None:
    request, seen = Request(harness), list[str | None]()
    consumer = Consumer()
    consumer.on(StockReserved)(lambda _, context: seen.append(context.responder))

    consumer(event(answer(request.id, "a", responder)), FakeLambdaContext())

    assert seen == [responder]


def test_who_listens_to_such_events_from_all_hears_them_whatever_they_answer(
    make_harness: MakeHarness,
) -> None:
    harness = shop_on(make_harness, replies=())
    request, shop, calls = Request(harness), Shop(), Calls("dynamodb")

    shop.receive([answer(request.id, "a"), answer(request.id, "b")])

    assert [told[0] for told in shop.told] == ["answer", "answer"]
    assert "UpdateItem" not in calls.names


def test_what_comes_too_late_is_counted_as_that(
    make_harness: MakeHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = shop_on(make_harness)
    request, shop = Request(harness, "1"), Shop()
    shop.receive([answer(request.id, "a")])
    capsys.readouterr()

    shop.receive([answer(request.id, "b")])

    assert counted(capsys) == {"Late": 1}

    shop.take(request.time_out)

    assert counted(capsys) == {"Processed": 1}, "there was nothing to do, as in most cases"


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    metrics = json.loads(capsys.readouterr().out.splitlines()[-1])
    return {name: metrics[name] for name in COUNTS if metrics[name]}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_handlers_are_told_of_the_answers_whether_they_run_in_threads_or_not(
    make_harness: MakeHarness, concurrency: int
) -> None:
    harness = shop_on(make_harness, concurrency=concurrency)
    requests = [Request(harness, str(n)) for n in range(3)]
    shop = Shop()

    shop.receive([answer(each.id, f"a{n}") for n, each in enumerate(requests)])

    assert sorted(shop.told, key=lambda told: told[1]) == [
        ("answer", f"a{n}", IN_TIME) for n in range(3)
    ]
