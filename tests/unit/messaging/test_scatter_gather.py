"""A published request ends with the expected number of replies, or with its time-out."""

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
    copies,
    reply,
    reply_header,
    shop_on,
)

MakeHarness = Callable[..., ConsumerHarness]


def request_offers(order: OrderPlaced, context: Context) -> None:
    context.publish_request(OffersWanted(order=order.id), expected_replies=3, timeout=LIMIT)


class Search:
    """A search for three offers that has been published."""

    def __init__(self, harness: ConsumerHarness) -> None:
        Shop(request_offers).receive([sent(OrderPlaced(id="1"))])
        (wanted,) = harness.published()
        self.id = wanted.id
        self.time_out: Message = harness.requeued()[-1]
        assert self.time_out.tag == RequestTimedOut.msg_tag


@pytest.fixture
def harness(make_harness: MakeHarness) -> ConsumerHarness:
    return shop_on(make_harness, publishes=(OffersWanted,))


def counted(shop: Shop) -> list[tuple[str, int, bool]]:
    """Return of every handled reply its id, how many were received, and whether all were."""
    return [(id_, each.received, each.complete) for _, id_, each in shop.handled if each]


def test_a_search_is_complete_with_the_last_reply_and_its_time_out_is_skipped(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop()

    for name in ("a", "b", "c"):
        shop.receive([reply(search.id, name, responder=f"{name}.offers")])
    shop.take(search.time_out)

    assert counted(shop) == [("a", 1, False), ("b", 2, False), ("c", 3, True)]
    assert shop.kinds == ["reply"] * 3


def test_a_reply_after_the_last_one_is_late(harness: ConsumerHarness) -> None:
    search, shop = Search(harness), Shop(late=True)

    for name in ("a", "b", "c", "d"):
        shop.receive([reply(search.id, name, responder=f"{name}.offers")])

    assert shop.handled[-1] == ("late", "d", ReplyCount(expected=3, received=3, in_time=False))
    assert shop.kinds == ["reply"] * 3 + ["late"]


def test_when_a_reply_is_missing_the_search_times_out_and_later_replies_are_late(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop(late=True)

    for name in ("a", "b"):
        shop.receive([reply(search.id, name, responder=f"{name}.offers")])
    shop.take(search.time_out)
    shop.receive([reply(search.id, "c", responder="c.offers")])

    assert shop.kinds == ["reply", "reply", "time-out", "late"]
    assert shop.handled[-1] == ("late", "c", ReplyCount(expected=3, received=2, in_time=False))


def test_a_second_reply_of_a_responder_is_handled_and_counts_once(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop()

    for name, who in (("a", "A"), ("a2", "A"), ("b", "B"), ("b2", "B"), ("c", "C")):
        shop.receive([reply(search.id, name, responder=f"{who}.offers")])

    assert counted(shop) == [
        ("a", 1, False),
        ("a2", 1, False),
        ("b", 2, False),
        ("b2", 2, False),
        ("c", 3, True),
    ]


def test_two_consumers_of_one_service_are_two_responders(harness: ConsumerHarness) -> None:
    search, shop = Search(harness), Shop()

    for name in ("cheap", "fast"):
        shop.receive([reply(search.id, name, responder=f"Carrier.{name}")])

    assert counted(shop) == [("cheap", 1, False), ("fast", 2, False)]


def test_a_reply_without_a_responder_counts_as_its_service(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop()

    # Both from the service `Sender`.
    for name in ("a", "b"):
        shop.receive([reply(search.id, name, responder=None)])
    shop.receive([reply(search.id, "c", responder="Sender.work")])

    assert counted(shop) == [("a", 1, False), ("b", 1, False), ("c", 2, False)]


def test_replies_without_responder_and_sender_count_as_one(harness: ConsumerHarness) -> None:
    search, shop = Search(harness), Shop()

    for name in ("a", "b"):
        nameless = sent(StockReserved(order="1"), reply_header(search.id, name, responder=None))
        del nameless["messageAttributes"]["fromService"]
        shop.receive([nameless])

    assert counted(shop) == [("a", 1, False), ("b", 1, False)]


def test_a_reply_that_is_retried_counts_once(harness: ConsumerHarness) -> None:
    search, shop = Search(harness), Shop()
    shop.failures["reply"] = 2

    shop.receive([reply(search.id, "a", responder="A.offers")])
    shop.take(copies(harness)[-1])
    shop.take(copies(harness)[-1])
    shop.receive([reply(search.id, "b", responder="B.offers")])

    assert counted(shop) == [("a", 1, False), ("b", 2, False)]


def test_a_reply_that_is_retried_after_the_time_out_was_in_time(
    harness: ConsumerHarness,
) -> None:
    search, shop = Search(harness), Shop(late=True)
    shop.failures["reply"] = 1

    shop.receive([reply(search.id, "a", responder="A.offers")])
    shop.take(search.time_out)
    shop.take(*copies(harness))

    assert shop.handled[-1] == ("reply", "a", ReplyCount(expected=3, received=1, in_time=True))


def test_a_reply_that_is_retried_has_the_count_of_those_received_meanwhile(
    harness: ConsumerHarness,
) -> None:
    """The reply that is handled last has the complete count."""
    search, shop = Search(harness), Shop()
    shop.failures["reply"] = 1

    for name in ("a", "b", "c"):
        shop.receive([reply(search.id, name, responder=f"{name}.offers")])
    shop.take(*copies(harness))

    assert counted(shop) == [("b", 2, False), ("c", 3, True), ("a", 3, True)]


def test_a_search_expects_at_least_one_reply(harness: ConsumerHarness) -> None:
    errors: list[str] = []

    def request(order: OrderPlaced, context: Context) -> None:
        with pytest.raises(ValueError, match="expected_replies is 0") as caught:
            context.publish_request(OffersWanted(order=order.id), expected_replies=0, timeout=LIMIT)
        errors.append(str(caught.value))

    Shop(request).receive([sent(OrderPlaced(id="1"))])

    assert len(errors) == 1
    assert harness.published() == []
