"""A request with a time limit is sent after its item and its time-out."""

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from contracts import RequestTimedOut
from messaging import ApiContext, Context, NotDeclared, PublishFailed
from messaging.aws import clients as aws
from messaging.consumer import consumer
from messaging.settings import settings
from messaging.testing import ConsumerHarness, Message, sent
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Calls, instead
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.messaging.requesting_service import (
    LIMIT,
    OffersWanted,
    ReserveStock,
    Shop,
    StockReserved,
    header_of,
    no_response,
    reserve,
)

MakeHarness = Callable[..., ConsumerHarness]
DAY = 86_400


@pytest.fixture
def harness(make_harness: MakeHarness) -> ConsumerHarness:
    """A service `Test` that requests stock with time limits."""
    return make_harness(
        sends={"Stock": [ReserveStock]},
        accepts_enqueued=(RequestTimedOut,),
        publishes=(OffersWanted,),
    )


def items() -> dict[str, dict[str, Any]]:
    """Return the items of the requests table by request id."""
    found = aws.client("dynamodb").scan(TableName=settings().requests_table)["Items"]
    return {item["id"]["S"]: item for item in found}


def notices(harness: ConsumerHarness) -> list[Message]:
    return [copy for copy in harness.requeued() if copy.tag == RequestTimedOut.msg_tag]


def orders(harness: ConsumerHarness) -> list[Message]:
    return [copy for copy in harness.requeued() if copy.tag == OrderPlaced.msg_tag]


def without_notices(lost: Callable[[], dict[str, Any]]) -> None:
    """Let no time-out be sent: `lost` returns the response to its batch."""

    def send(**params: Any) -> Any:
        body = params["Entries"][0]["MessageBody"]
        return lost() if '"request_id"' in body else real(**params)

    real = instead("sqs", "send_message_batch", send)


def refused() -> dict[str, Any]:
    return {"Failed": [{"Id": "0", "Code": "InternalError", "Message": "", "SenderFault": False}]}


# What a request sends.


def test_a_request_with_a_time_limit_is_sent_last(harness: ConsumerHarness) -> None:
    operations: list[str] = []

    def note(params: object, model: Any, **_: object) -> None:
        operations.append(model.name)

    for service in ("dynamodb", "sqs", "sns"):
        aws.client(service).meta.events.register(f"provide-client-params.{service}", note)

    Shop(reserve).receive([sent(OrderPlaced(id="1"))])

    assert operations == ["UpdateItem", "SendMessageBatch", "PublishBatch"]


@pytest.mark.parametrize("ended", [True, False])
def test_another_request_with_the_same_id_does_not_leave_and_fails(
    harness: ConsumerHarness, ended: bool
) -> None:
    """Replies name the id only: one request would get the replies and the end of the other."""

    def request(order: OrderPlaced, context: Context) -> None:
        if order.id == "stock":
            limit = 0 if ended else LIMIT
            context.request(ReserveStock(order="1"), to="Stock", timeout=limit, message_id="ride-1")
        else:
            event = OffersWanted(order="1")
            context.publish_request(event, expected_replies=1, timeout=LIMIT, message_id="ride-1")

    shop = Shop(request)
    shop.receive([sent(OrderPlaced(id="stock"))])
    harness.run_until_idle(shop.consumer)
    shop.receive([sent(OrderPlaced(id="offers"))])

    assert shop.kinds == ["time-out"] * ended
    assert [message.tag for message in harness.sent_to("Stock")] == ["ReserveStock"]
    assert harness.published() == []
    (copy,) = orders(harness)
    assert "another request has the id ride-1: ReserveStock to " in str(copy.error)


def test_a_request_has_an_item_and_a_delayed_time_out(harness: ConsumerHarness) -> None:
    Shop(reserve).receive([sent(OrderPlaced(id="1"))])

    (request,) = harness.sent_to("Stock")
    assert request.read(ReserveStock) == ReserveStock(order="1")
    assert header_of(request)["requestservices"] == ["Test"]
    (item,) = items().values()
    assert item["id"] == {"S": request.id}
    assert item["expected"] == {"N": "1"}
    (notice,) = notices(harness)
    assert notice.delay == LIMIT
    assert "retry" not in notice["MessageAttributes"], "it is no retry"
    time_out = notice.read(RequestTimedOut)
    assert (time_out.request_id, time_out.request_tag) == (request.id, "ReserveStock")
    assert time_out.timeout == LIMIT
    assert time_out.read(ReserveStock) == ReserveStock(order="1")
    with pytest.raises(msgspec.ValidationError, match="was a ReserveStock, not a OffersWanted"):
        time_out.read(OffersWanted)


def test_a_request_is_remembered_longer_than_its_dead_letter(
    harness: ConsumerHarness,
) -> None:
    Shop(reserve).receive([sent(OrderPlaced(id="1"))])

    (item,) = items().values()
    assert 18 * DAY < int(item["expires"]["N"]) - time.time() - LIMIT <= 20 * DAY


def test_a_request_without_a_time_limit_is_not_remembered(harness: ConsumerHarness) -> None:
    calls = Calls("dynamodb")
    shop = Shop(lambda order, context: context.request(ReserveStock(order=order.id), to="Stock"))

    shop.receive([sent(OrderPlaced(id="1"))])

    assert [message.tag for message in harness.sent_to("Stock")] == ["ReserveStock"]
    assert calls.names == []
    assert harness.requeued() == []


def test_a_time_limit_longer_than_a_queues_longest_delay_is_copied_until_it_is_due(
    harness: ConsumerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def request(order: OrderPlaced, context: Context) -> None:
        context.request(ReserveStock(order=order.id), to="Stock", timeout=2_000)

    shop = Shop(request)
    shop.receive([sent(OrderPlaced(id="1"))])
    (notice,) = notices(harness)
    assert notice["DelaySeconds"] == 900

    began = datetime.now(UTC)
    for seconds, left in ((900, 1_100), (1_800, 200)):
        _at(began + timedelta(seconds=seconds), monkeypatch)
        shop.take(notices(harness)[-1])
        assert notices(harness)[-1]["DelaySeconds"] == pytest.approx(min(900, left), abs=5)
        assert notices(harness)[-1].attempt == 1, "waiting costs no attempt"
    assert shop.handled == []

    _at(began + timedelta(seconds=2_001), monkeypatch)
    shop.take(notices(harness)[-1])
    assert [(kind, id_) for kind, id_, _ in shop.handled] == [("time-out", notice.id)]
    assert len(notices(harness)) == 3


def _at(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "datetime", SimpleNamespace(now=lambda _: now))


def test_a_published_request_expects_the_given_number_of_replies(harness: ConsumerHarness) -> None:
    def request(order: OrderPlaced, context: Context) -> None:
        context.publish_request(OffersWanted(order=order.id), expected_replies=3, timeout=LIMIT)

    Shop(request).receive([sent(OrderPlaced(id="1"))])

    (wanted,) = harness.published()
    assert items()[wanted.id]["expected"] == {"N": "3"}
    (notice,) = notices(harness)
    assert notice.read(RequestTimedOut).read(OffersWanted) == OffersWanted(order="1")


def test_the_handler_of_a_time_out_can_reply_to_the_service_that_waits(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(
        sends={"Stock": [ReserveStock]},
        accepts_enqueued=(RequestTimedOut,),
        publishes=(StockReserved,),
    )
    request_header = Header(id="q", requestservices=("Web", "Office"), requestids=("w", "o"))
    shop = Shop(reserve, on_time_out=lambda context: context.reply(StockReserved(order="none")))

    shop.receive([sent(OrderPlaced(id="1"), request_header)])
    (request,) = harness.sent_to("Stock")
    assert header_of(request)["requestservices"] == ["Web", "Office", "Test"]
    shop.take(*notices(harness))

    (reply,) = harness.published()
    header = header_of(reply)
    assert (header["requestservices"], header["replyto"]) == (["Web", "Office"], "o")
    assert reply["MessageAttributes"]["requestService"]["StringValue"] == "Office"
    assert header["causationid"] == notices(harness)[0].id


def test_a_time_out_belongs_to_the_conversation_of_its_request(harness: ConsumerHarness) -> None:
    Shop(reserve).receive([sent(OrderPlaced(id="1"), Header(id="q", correlationid="c", hops=3))])

    (notice,), (request,) = notices(harness), harness.sent_to("Stock")
    for message in (notice, request):
        header = header_of(message)
        assert (header["correlationid"], header["causationid"], header["hops"]) == ("c", "q", 4)


# What can go wrong.


def test_a_request_whose_item_cannot_be_written_is_not_sent(harness: ConsumerHarness) -> None:
    real = instead("dynamodb", "update_item", no_response)
    shop, order = Shop(reserve), sent(OrderPlaced(id="1"), Header(id="q"))

    assert shop.receive([order]) == {"batchItemFailures": []}

    assert harness.sent_to("Stock") == notices(harness) == []
    (copy,) = orders(harness)
    assert copy.attempt == 2
    assert (copy.error or "").startswith("PublishFailed: a message it sent could not leave: Read")

    instead("dynamodb", "update_item", real)
    shop.take(copy)
    assert [message.tag for message in harness.sent_to("Stock")] == ["ReserveStock"]
    assert len(notices(harness)) == 1


@pytest.mark.parametrize("how", [refused, no_response])
def test_a_request_whose_time_out_cannot_be_sent_is_not_sent(
    harness: ConsumerHarness, how: Callable[[], dict[str, Any]]
) -> None:
    without_notices(how)

    Shop(reserve).receive([sent(OrderPlaced(id="1"), Header(id="q"))])

    assert harness.sent_to("Stock") == []
    (copy,) = orders(harness)
    assert (copy.id, copy.attempt) == ("q", 2)
    assert "could not leave" in (copy.error or "")


def test_only_the_request_whose_item_cannot_be_written_is_not_sent(
    harness: ConsumerHarness,
) -> None:
    def put(**params: Any) -> Any:
        return no_response() if next(puts) == 1 else real(**params)

    puts = itertools.count()
    real = instead("dynamodb", "update_item", put)

    Shop(reserve).receive([sent(OrderPlaced(id=str(n))) for n in range(3)])

    requested = {request.read(ReserveStock).order for request in harness.sent_to("Stock")}
    (failed,) = {copy.read(OrderPlaced).id for copy in orders(harness)}
    assert requested == {"0", "1", "2"} - {failed}
    assert {
        notice.read(RequestTimedOut).read(ReserveStock).order for notice in notices(harness)
    } == requested


def test_a_handler_that_fails_after_its_request_sends_none(harness: ConsumerHarness) -> None:
    def request(order: OrderPlaced, context: Context) -> None:
        reserve(order, context)
        raise ConnectionError("the shop is closed")

    Shop(request).receive([sent(OrderPlaced(id="1"))])

    assert items() == {}
    assert harness.sent_to("Stock") == notices(harness) == []


def test_a_handler_that_runs_again_sends_the_same_request_with_a_time_out_of_its_own(
    harness: ConsumerHarness,
) -> None:
    shop = Shop(reserve)
    for _ in range(2):
        shop.receive([sent(OrderPlaced(id="1"), Header(id="q"))])

    assert len({request.id for request in harness.sent_to("Stock")}) == 1
    assert len({notice.id for notice in notices(harness)}) == 2
    assert len(items()) == 1


def test_two_requests_of_one_handler_have_a_time_out_each(harness: ConsumerHarness) -> None:
    def request(order: OrderPlaced, context: Context) -> None:
        reserve(order, context)
        reserve(order, context)

    Shop(request).receive([sent(OrderPlaced(id="1"))])

    requests = {request.id for request in harness.sent_to("Stock")}
    assert len(requests) == 2
    assert {notice.read(RequestTimedOut).request_id for notice in notices(harness)} == requests
    assert len({notice.id for notice in notices(harness)}) == 2
    assert set(items()) == requests


def test_a_service_that_does_not_accept_time_outs_cannot_set_a_time_limit(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(sends={"Stock": [ReserveStock]})
    errors: list[str] = []

    def request(order: OrderPlaced, context: Context) -> None:
        with pytest.raises(
            NotDeclared, match=r"no queue for RequestTimedOut .* add it to `accepts_enqueued`"
        ) as caught:
            reserve(order, context)
        errors.append(str(caught.value))

    Shop(request).receive([sent(OrderPlaced(id="1"))])

    assert len(errors) == 1
    assert harness.sent_to("Stock") == []


@pytest.mark.parametrize("timeout", [-1.0, 31.0 * DAY])
def test_a_time_limit_out_of_range_is_refused(harness: ConsumerHarness, timeout: float) -> None:
    def request(order: OrderPlaced, context: Context) -> None:
        context.request(ReserveStock(order=order.id), to="Stock", timeout=timeout)

    Shop(request).receive([sent(OrderPlaced(id="1"))])

    assert (orders(harness)[0].error or "").startswith("ValueError: delay is")
    assert harness.sent_to("Stock") == []
    assert items() == {}


# A request of an API, which is sent at once.


def api_request() -> str:
    context = ApiContext(request_id="r", correlation_id="c", path={})
    return context.request(ReserveStock(order="1"), to="Stock", timeout=LIMIT)


def test_a_request_of_an_api_is_sent_at_once(harness: ConsumerHarness) -> None:
    request_id = api_request()

    assert [request.id for request in harness.sent_to("Stock")] == [request_id]
    assert set(items()) == {request_id}
    (notice,) = notices(harness)
    assert notice.read(RequestTimedOut).request_id == request_id
    assert "requestservices" not in header_of(notice), "no other service waits"


def test_a_request_of_an_api_whose_item_cannot_be_written_is_not_sent(
    harness: ConsumerHarness,
) -> None:
    instead("dynamodb", "update_item", no_response)

    with pytest.raises(PublishFailed, match=r"ReserveStock .*: ReadTimeoutError"):
        api_request()

    assert harness.sent_to("Stock") == notices(harness) == []


def test_a_request_of_an_api_whose_time_out_cannot_be_sent_is_not_sent(
    harness: ConsumerHarness,
) -> None:
    without_notices(refused)

    with pytest.raises(PublishFailed, match="InternalError"):
        api_request()

    assert harness.sent_to("Stock") == []
