"""What the sender of a message chooses, and what that leads to; docs/security.md lists it.

Each message here has passed the filter of its topic, and comes from SNS.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from messaging import Consumer, Context
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.settings import Settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, Sender, event, record, sent
from messaging.wire.encoding import text
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Calls, accept, consumer_that
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.messaging.requesting_service import (
    Request,
    ReserveStock,
    Shop,
    StockReserved,
    header_of,
    reply,
    shop_on,
)

MakeHarness = Callable[..., ConsumerHarness]
TAG = {"msgTag": text("OrderPlaced")}


def order(service: str = "Sender", /, country: str = "DE", **header: Any) -> dict[str, Any]:
    """Return the record of an order whose sender says that it is this service."""
    settings = Settings(stage="test", service=service, msg_out_arn="")
    message = OrderPlaced(id="1", country=country)
    out = compose(message, Header(**{"id": "m", **header}), settings, Address("topic", ""))
    return record(out.body, out.attributes)


@pytest.mark.parametrize("kind", ["String", "String.Array"])
@pytest.mark.parametrize("tags", [["OrderPlaced"], ["OrderPlaced", "Refund"], "OrderPlaced"])
def test_a_list_of_kinds_is_no_kind(make_harness: MakeHarness, kind: str, tags: object) -> None:
    """A filter passes a list if one of its elements passes."""
    harness, seen = make_harness(), list[str]()
    listed = {"msgTag": {"DataType": kind, "StringValue": json.dumps(tags)}}
    consumer = consumer_that(lambda each, _: seen.append(each.id))

    consumer(event(record('{"id":"1"}', listed), sent(OrderPlaced(id="2"))), FakeLambdaContext())

    assert seen == ["2"]
    (letter,) = harness.dead_letters()
    assert letter.cause == "invalid"


def test_the_sender_is_what_the_sender_says(make_harness: MakeHarness) -> None:
    make_harness()
    seen: list[tuple[str | None, str | None]] = []
    consumer = consumer_that(
        lambda _, context: seen.append((context.from_service, context.correlation_id))
    )

    consumer(event(order("Bank", correlationid="another's")), FakeLambdaContext())

    assert seen == [("Bank", "another's")]


@pytest.mark.parametrize("key", [None, lambda each: each.id], ids=["its id", "its key"])
def test_a_message_counts_as_a_copy_of_one_whose_identity_another_sender_has_claimed(
    make_harness: MakeHarness, key: Callable[[OrderPlaced], str] | None
) -> None:
    make_harness(guarantee="lease")
    seen: list[str] = []
    consumer = consumer_that(lambda each, _: seen.append(each.country), key=key)
    claimed, genuine = order("Bank", country="XX"), order("Bank", country="CH")

    for each in (claimed, genuine):
        consumer(event(each), FakeLambdaContext())

    assert seen == ["XX"]


def test_the_reply_goes_to_the_service_that_the_sender_names(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(StockReserved,))
    header = Header(id="m", requestservices=("Till",), requestids=("a request of Till",))
    consumer = Consumer()

    @consumer.on(ReserveStock)
    def stock(command: ReserveStock, context: Context) -> StockReserved:
        return StockReserved(order=command.order)

    consumer(event(sent(ReserveStock(order="1"), header)), FakeLambdaContext())

    (answer,) = harness.published()
    assert answer["MessageAttributes"]["requestService"] == text("Till")
    assert header_of(answer)["replyto"] == "a request of Till"


def test_whoever_replies_ends_any_request_whose_id_it_knows(make_harness: MakeHarness) -> None:
    request, shop = Request(shop_on(make_harness)), Shop()

    shop.receive([reply(request.id, "forged", responder="Stranger.work")])
    shop.receive([reply(request.id, "genuine")])

    assert [(kind, name) for kind, name, _ in shop.handled] == [("reply", "forged")]


def test_who_may_invoke_a_consumer_may_hand_it_any_batch(make_harness: MakeHarness) -> None:
    """Lambda does not tell a function who invoked it, and the invoker writes each `SenderId`."""
    make_harness(invocable=(ReserveStock,))
    seen: list[int] = []
    consumer = consumer_that(lambda _, context: seen.append(context.attempt))
    attempt = text('{"attempt":2,"firstreceived":"2026-01-01T00:00:00Z"}')
    forged = record('{"id":"1"}', {**TAG, "retry": attempt}, sender=Sender.CONSUMER)

    consumer(event(forged), FakeLambdaContext())

    assert seen == [2]


@pytest.mark.parametrize(
    ("header", "cause"),
    [({"hops": 17}, "hops"), ({"expires": datetime(2020, 1, 1, tzinfo=UTC)}, "expired")],
)
def test_a_message_ends_when_its_sender_says_so(
    make_harness: MakeHarness, header: dict[str, Any], cause: str
) -> None:
    harness = make_harness()

    consumer_that(accept)(event(order(**header)), FakeLambdaContext())

    assert [letter.cause for letter in harness.dead_letters()] == [cause]


@pytest.mark.parametrize(
    "reference",
    ["OrderPlaced/../Salary/1.json", "OrderPlaced/./1.json", "OrderPlaced/x/../../Salary/1.json"],
)
def test_a_reference_does_not_lead_out_of_its_folder(
    make_harness: MakeHarness, reference: str
) -> None:
    harness = make_harness(claim_check=True, claim_buckets={"OrderPlaced": "test-claims"})
    calls = Calls("s3")

    consumer_that(accept)(
        event(order(dataref=f"s3://test-claims/{reference}")), FakeLambdaContext()
    )

    (letter,) = harness.dead_letters()
    assert (letter.cause, calls.names) == ("invalid", [])
