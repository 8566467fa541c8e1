"""A published request is over when as many have answered as it asked for, or when its time is."""

from collections.abc import Callable

import pytest

from contracts import RequestTimedOut
from messaging import Context
from messaging.sending.pending_requests import ReplyCount
from messaging.testing import ConsumerHarness, Message, sent
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.messaging.requesting_service import (
    LIMIT,
    OffersWanted,
    Shop,
    StockReserved,
    answer,
    answer_to,
    copies,
    shop_on,
)

MakeHarness = Callable[..., ConsumerHarness]


def want(order: OrderPlaced, context: Context) -> None:
    context.publish_request(OffersWanted(order=order.id), expected_replies=3, timeout=LIMIT)


class Search:
    """A search for three offers that has left."""

    def __init__(self, harness: ConsumerHarness) -> None:
        Shop(want).receive([sent(OrderPlaced(id="1"))])
        (wanted,) = harness.published()
        self.id = wanted.id
        self.time_out: Message = harness.requeued()[-1]
        assert self.time_out.tag == RequestTimedOut.msg_tag


@pytest.fixture
def harness(make_harness: MakeHarness) -> ConsumerHarness:
    return shop_on(make_harness, publishes=(OffersWanted,))


def counted(shop: Shop) -> list[tuple[str, int, bool]]:
    """Of every message that was handled: its id, how many had answered, and whether all had."""
    return [(id_, each.received, each.complete) for _, id_, each in shop.told if each]


def test_a_search_is_complete_with_the_last_answer_and_its_time_out_is_skipped(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop()

    for name in ("a", "b", "c"):
        shop.receive([answer(search.id, name, responder=f"{name}.offers")])
    shop.take(search.time_out)

    assert counted(shop) == [("a", 1, False), ("b", 2, False), ("c", 3, True)]
    assert shop.kinds == ["answer"] * 3


def test_an_answer_after_the_last_one_is_late(harness: ConsumerHarness) -> None:
    search, shop = Search(harness), Shop(late=True)

    for name in ("a", "b", "c", "d"):
        shop.receive([answer(search.id, name, responder=f"{name}.offers")])

    assert shop.told[-1] == ("late", "d", ReplyCount(expected=3, received=3, in_time=False))
    assert shop.kinds == ["answer"] * 3 + ["late"]


def test_when_one_is_missing_the_time_out_comes_and_what_follows_is_late(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop(late=True)

    for name in ("a", "b"):
        shop.receive([answer(search.id, name, responder=f"{name}.offers")])
    shop.take(search.time_out)
    shop.receive([answer(search.id, "c", responder="c.offers")])

    assert shop.kinds == ["answer", "answer", "time-out", "late"]
    assert shop.told[-1] == ("late", "c", ReplyCount(expected=3, received=2, in_time=False))


def test_a_second_answer_of_one_that_has_answered_is_handled_and_counts_once(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop()

    for name, who in (("a", "A"), ("a2", "A"), ("b", "B"), ("b2", "B"), ("c", "C")):
        shop.receive([answer(search.id, name, responder=f"{who}.offers")])

    assert counted(shop) == [
        ("a", 1, False),
        ("a2", 1, False),
        ("b", 2, False),
        ("b2", 2, False),
        ("c", 3, True),
    ]


def test_two_consumers_of_one_service_are_two_that_answer(harness: ConsumerHarness) -> None:
    search, shop = Search(harness), Shop()

    for name in ("cheap", "fast"):
        shop.receive([answer(search.id, name, responder=f"Carrier.{name}")])

    assert counted(shop) == [("cheap", 1, False), ("fast", 2, False)]


def test_one_that_does_not_say_which_consumer_it_is_counts_as_its_service(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop()

    # Both from the service `Sender`.
    for name in ("a", "b"):
        shop.receive([answer(search.id, name, responder=None)])
    shop.receive([answer(search.id, "c", responder="Sender.work")])

    assert counted(shop) == [("a", 1, False), ("b", 1, False), ("c", 2, False)]


def test_those_that_say_nothing_about_themselves_are_one(harness: ConsumerHarness) -> None:
    search, shop = Search(harness), Shop()

    for name in ("a", "b"):
        nameless = sent(StockReserved(order="1"), answer_to(search.id, name, responder=None))
        del nameless["messageAttributes"]["fromService"]
        shop.receive([nameless])

    assert counted(shop) == [("a", 1, False), ("b", 1, False)]


def test_an_answer_that_is_tried_again_counts_once(harness: ConsumerHarness) -> None:
    search, shop = Search(harness), Shop()
    shop.failures["answer"] = 2

    shop.receive([answer(search.id, "a", responder="A.offers")])
    shop.take(copies(harness)[-1])
    shop.take(copies(harness)[-1])
    shop.receive([answer(search.id, "b", responder="B.offers")])

    assert counted(shop) == [("a", 1, False), ("b", 2, False)]


def test_an_answer_that_is_tried_again_after_the_time_out_was_in_time(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop(late=True)
    shop.failures["answer"] = 1

    shop.receive([answer(search.id, "a", responder="A.offers")])
    shop.take(search.time_out)
    shop.take(*copies(harness))

    assert shop.told[-1] == ("answer", "a", ReplyCount(expected=3, received=1, in_time=True))


def test_an_answer_that_is_tried_again_is_told_of_those_that_came_meanwhile(
    harness: ConsumerHarness,
) -> None:
    """Whoever is handled last is told that all have answered: none of them is missed."""
    search, shop = Search(harness), Shop()
    shop.failures["answer"] = 1

    for name in ("a", "b", "c"):
        shop.receive([answer(search.id, name, responder=f"{name}.offers")])
    shop.take(*copies(harness))

    assert counted(shop) == [("b", 2, False), ("c", 3, True), ("a", 3, True)]


def test_a_search_asks_at_least_one(harness: ConsumerHarness) -> None:
    errors: list[str] = []

    def ask(order: OrderPlaced, context: Context) -> None:
        with pytest.raises(ValueError, match="answers is 0") as caught:
            context.publish_request(OffersWanted(order=order.id), expected_replies=0, timeout=LIMIT)
        errors.append(str(caught.value))

    Shop(ask).receive([sent(OrderPlaced(id="1"))])

    assert len(errors) == 1
    assert harness.published() == []
