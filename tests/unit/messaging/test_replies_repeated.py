"""A reply or time-out that is retried, or received twice, gets the same decision as before."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts import RequestTimedOut
from messaging.aws import clients as aws
from messaging.policy import Guarantee, RetryPolicy
from messaging.sending.pending_requests import ReplyCount
from messaging.settings import settings
from messaging.testing import ConsumerHarness, sent
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Killed, instead, item_key
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.messaging.requesting_service import (
    Request,
    Shop,
    copies,
    no_response,
    reply,
    reserve,
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


# Handlers fail.


@both
def test_a_reply_whose_handler_fails_is_retried_and_still_counts(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness = shop_on(make_harness, guarantee=guarantee)
    request, shop = Request(harness), Shop()
    shop.failures["reply"] = 2

    shop.receive([reply(request.id, "a")])
    shop.take(copies(harness)[-1])
    shop.take(request.time_out)
    assert shop.handled == []
    shop.take(copies(harness)[-1])

    assert shop.handled == [("reply", "a", IN_TIME)]
    assert [copy.attempt for copy in copies(harness)] == [2, 3]


def test_a_time_out_whose_handler_fails_is_retried_and_still_ends_the_request(
    harness: ConsumerHarness,
) -> None:
    request, shop = Request(harness), Shop()
    shop.failures["time-out"] = 1

    shop.take(request.time_out)
    shop.receive([reply(request.id, "a")])
    assert shop.handled == []
    shop.take(*copies(harness))

    assert shop.kinds == ["time-out"]


def test_a_reply_that_ends_as_a_dead_letter_counts_when_it_is_redriven(
    make_harness: MakeHarness,
) -> None:
    harness = shop_on(make_harness, retry=RetryPolicy(max_attempts=1))
    request, shop = Request(harness), Shop()
    shop.failures["reply"] = 1

    shop.receive([reply(request.id, "a")])
    shop.take(request.time_out)
    (letter,) = harness.dead_letters()
    shop.take(letter)

    assert shop.handled == [("reply", "a", IN_TIME)]


def test_a_reply_that_does_not_fit_its_contract_does_not_count(harness: ConsumerHarness) -> None:
    request, shop = Request(harness), Shop()
    bad = {**reply(request.id, "a"), "body": '{"order": 5}'}

    shop.receive([bad])
    shop.take(request.time_out)

    assert shop.kinds == ["time-out"]
    assert [letter.cause for letter in harness.dead_letters()] == ["invalid"]


def test_a_handler_that_runs_again_does_not_open_its_request_again(
    harness: ConsumerHarness,
) -> None:
    shop, order = Shop(reserve), sent(OrderPlaced(id="1"), Header(id="q"))
    real_write = instead("dynamodb", "batch_write_item", no_response)
    shop.receive([order])
    first = harness.requeued()[-1]
    request_id = first.read(RequestTimedOut).request_id
    shop.receive([reply(request_id, "a")])

    instead("dynamodb", "batch_write_item", real_write)
    _forget(item_key("q"))
    shop.receive([order])
    again = harness.requeued()[-1]
    shop.take(again)

    assert again.id != first.id
    assert len(harness.sent_to("Stock")) == 2
    assert shop.kinds == ["reply"]


def _forget(key: str) -> None:
    aws.client("dynamodb").delete_item(
        TableName=settings().idempotency_table, Key={"id": {"S": key}}
    )


@pytest.mark.parametrize("kind", ["reply", "time-out"])
def test_what_was_in_time_when_the_process_died_is_still_in_time(
    make_harness: MakeHarness, kind: str
) -> None:
    harness = shop_on(make_harness, guarantee=COMPLETION)
    request, shop, other = Request(harness), Shop(), "time-out" if kind == "reply" else "reply"
    shop.dies.add(kind)
    with pytest.raises(Killed):
        _receive(kind, shop, request)

    _receive(other, shop, request)
    assert shop.handled == []
    _receive(kind, shop, request)

    assert shop.kinds == [kind]


# Copies.


@both
def test_a_copy_of_a_reply_is_handled_once(make_harness: MakeHarness, guarantee: Guarantee) -> None:
    harness = shop_on(make_harness, guarantee=guarantee)
    request, shop = Request(harness), Shop(late=True)

    for _ in range(2):
        shop.receive([reply(request.id, "a")])
    shop.receive([reply(request.id, "b"), reply(request.id, "b")])

    assert [each[:2] for each in shop.handled] == [("reply", "a"), ("late", "b")]
    assert [copy.attempt for copy in copies(harness)] == [1], (
        "it is requeued until the other one is done"
    )


@both
def test_a_copy_of_a_time_out_is_handled_once(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness = shop_on(make_harness, guarantee=guarantee)
    request, shop = Request(harness), Shop()

    shop.take(request.time_out, request.time_out)
    shop.take(request.time_out)

    assert shop.kinds == ["time-out"]


def test_a_copy_of_a_reply_that_failed_is_handled_in_its_place(
    harness: ConsumerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, shop = Request(harness), Shop()
    shop.failures["reply"] = 1

    shop.receive([reply(request.id, "a")])
    shop.take(request.time_out)
    shop.receive([reply(request.id, "a")])
    shop.take(*copies(harness))

    assert shop.handled == [("reply", "a", IN_TIME)]


def test_without_idempotency_copies_are_handled_twice_but_never_both_kinds(
    make_harness: MakeHarness,
) -> None:
    harness = shop_on(make_harness, guarantee="at-least-once")
    request, shop = Request(harness), Shop()

    shop.receive([reply(request.id, "a"), reply(request.id, "a")])
    shop.take(request.time_out)

    assert shop.kinds == ["reply", "reply"]


# DynamoDB fails.


@pytest.mark.parametrize("kind", ["reply", "time-out"])
def test_while_dynamodb_cannot_decide_neither_is_handled(
    harness: ConsumerHarness, kind: str
) -> None:
    request, shop = Request(harness), Shop()
    real = instead("dynamodb", "update_item", no_response)

    _receive(kind, shop, request)
    assert shop.handled == []
    (copy,) = copies(harness)
    assert copy.attempt == 2
    assert (copy.error or "").startswith("ReadTimeoutError")

    instead("dynamodb", "update_item", real)
    shop.take(copy)
    assert shop.kinds == [kind]


@pytest.mark.parametrize("kind", ["reply", "time-out"])
def test_a_decision_whose_response_was_lost_is_the_same_when_it_is_repeated(
    harness: ConsumerHarness, kind: str
) -> None:
    request, shop = Request(harness), Shop()

    def lost(**params: Any) -> Any:
        real(**params)
        return no_response()

    real = instead("dynamodb", "update_item", lost)
    _receive(kind, shop, request)
    assert shop.handled == []

    instead("dynamodb", "update_item", real)
    other = "time-out" if kind == "reply" else "reply"
    _receive(other, shop, request)
    shop.take(*copies(harness))
    assert shop.kinds == [kind]


def _receive(kind: str, shop: Shop, request: Request) -> None:
    if kind == "reply":
        shop.receive([reply(request.id, "a")])
    else:
        shop.take(request.time_out)


def test_only_the_message_whose_decision_fails_is_requeued(harness: ConsumerHarness) -> None:
    one, other, shop = Request(harness, "1"), Request(harness, "2"), Shop()

    def update(**params: Any) -> Any:
        return no_response() if params["Key"]["id"]["S"] == one.id else real(**params)

    real = instead("dynamodb", "update_item", update)
    shop.receive([reply(one.id, "a"), reply(other.id, "b")])

    assert shop.handled == [("reply", "b", IN_TIME)]
    assert [copy.id for copy in copies(harness)] == ["a"]
