"""A request with a time limit leaves only after it is known that its answer is waited for."""

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
    no_answer,
    reserve,
)

MakeHarness = Callable[..., ConsumerHarness]
DAY = 86_400


@pytest.fixture
def harness(make_harness: MakeHarness) -> ConsumerHarness:
    """Where `Test` asks the stock, and hears of time limits."""
    return make_harness(
        sends={"Stock": [ReserveStock]},
        accepts_enqueued=(RequestTimedOut,),
        publishes=(OffersWanted,),
    )


def items() -> dict[str, dict[str, Any]]:
    """What the table remembers, by request id."""
    found = aws.client("dynamodb").scan(TableName=settings().requests_table)["Items"]
    return {item["id"]["S"]: item for item in found}


def notices(harness: ConsumerHarness) -> list[Message]:
    return [copy for copy in harness.requeued() if copy.tag == RequestTimedOut.msg_tag]


def orders(harness: ConsumerHarness) -> list[Message]:
    return [copy for copy in harness.requeued() if copy.tag == OrderPlaced.msg_tag]


def without_notices(lost: Callable[[], dict[str, Any]]) -> None:
    """Let no notice leave: `lost` returns the answer to its batch."""

    def send(**params: Any) -> Any:
        body = params["Entries"][0]["MessageBody"]
        return lost() if '"request_id"' in body else real(**params)

    real = instead("sqs", "send_message_batch", send)


def refused() -> dict[str, Any]:
    return {"Failed": [{"Id": "0", "Code": "InternalError", "Message": "", "SenderFault": False}]}


# What a request does.


def test_a_request_with_a_time_limit_leaves_last_of_all(harness: ConsumerHarness) -> None:
    said: list[str] = []

    def note(params: object, model: Any, **_: object) -> None:
        said.append(model.name)

    for service in ("dynamodb", "sqs", "sns"):
        aws.client(service).meta.events.register(f"provide-client-params.{service}", note)

    Shop(reserve).receive([sent(OrderPlaced(id="1"))])

    assert said == ["PutItem", "SendMessageBatch", "PublishBatch"]


def test_a_request_is_remembered_and_its_time_out_is_on_its_way(harness: ConsumerHarness) -> None:
    Shop(reserve).receive([sent(OrderPlaced(id="1"))])

    (request,) = harness.sent_to("Stock")
    assert request.read(ReserveStock) == ReserveStock(order="1")
    assert header_of(request)["requestservices"] == ["Test"]
    (item,) = items().values()
    assert item["id"] == {"S": request.id}
    assert item["expected"] == {"N": "1"}
    (notice,) = notices(harness)
    assert notice.delay == LIMIT
    assert "retry" not in notice["MessageAttributes"], "it has not been tried"
    told = notice.read(RequestTimedOut)
    assert (told.request_id, told.request_tag, told.timeout) == (request.id, "ReserveStock", LIMIT)
    assert told.read(ReserveStock) == ReserveStock(order="1")
    with pytest.raises(msgspec.ValidationError, match="was a ReserveStock, not a OffersWanted"):
        told.read(OffersWanted)


def test_a_request_that_could_not_leave_in_time_does_not_leave(harness: ConsumerHarness) -> None:
    """Its answer would be too late for anybody to hear."""
    instead("sns", "publish_batch", no_answer)
    Shop(reserve).receive([sent(OrderPlaced(id="1"), Header(id="m"))])
    (notice,) = notices(harness)
    shop = Shop(reserve)
    shop.take(notice)

    shop.receive([sent(OrderPlaced(id="1"), Header(id="m"))])

    assert "its time limit was over before it could leave" in str(orders(harness)[-1].error)
    assert harness.sent_to("Stock") == []


def test_a_request_is_remembered_for_longer_than_a_dead_letter_waits(
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


def test_a_limit_beyond_the_longest_delay_of_a_queue_comes_again_until_it_is_due(
    harness: ConsumerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(order: OrderPlaced, context: Context) -> None:
        context.request(ReserveStock(order=order.id), to="Stock", timeout=2_000)

    shop = Shop(ask)
    shop.receive([sent(OrderPlaced(id="1"))])
    (notice,) = notices(harness)
    assert notice["DelaySeconds"] == 900

    began = datetime.now(UTC)
    for seconds, left in ((900, 1_100), (1_800, 200)):
        _at(began + timedelta(seconds=seconds), monkeypatch)
        shop.take(notices(harness)[-1])
        assert notices(harness)[-1]["DelaySeconds"] == pytest.approx(min(900, left), abs=5)
        assert notices(harness)[-1].attempt == 1, "waiting costs no attempt"
    assert shop.told == []

    _at(began + timedelta(seconds=2_001), monkeypatch)
    shop.take(notices(harness)[-1])
    assert [(kind, id_) for kind, id_, _ in shop.told] == [("time-out", notice.id)]
    assert len(notices(harness)) == 3


def _at(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "datetime", SimpleNamespace(now=lambda _: now))


def test_a_published_request_waits_for_as_many_answers_as_it_says(harness: ConsumerHarness) -> None:
    def ask(order: OrderPlaced, context: Context) -> None:
        context.publish_request(OffersWanted(order=order.id), expected_replies=3, timeout=LIMIT)

    Shop(ask).receive([sent(OrderPlaced(id="1"))])

    (wanted,) = harness.published()
    assert items()[wanted.id]["expected"] == {"N": "3"}
    (notice,) = notices(harness)
    assert notice.read(RequestTimedOut).read(OffersWanted) == OffersWanted(order="1")


def test_who_hears_of_the_time_limit_can_answer_who_waits_for_the_service(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(
        sends={"Stock": [ReserveStock]},
        accepts_enqueued=(RequestTimedOut,),
        publishes=(StockReserved,),
    )
    asked = Header(id="q", requestservices=("Web", "Office"), requestids=("w", "o"))
    shop = Shop(reserve, on_time_out=lambda context: context.reply(StockReserved(order="none")))

    shop.receive([sent(OrderPlaced(id="1"), asked)])
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


def test_a_request_that_cannot_be_remembered_does_not_leave(harness: ConsumerHarness) -> None:
    real = instead("dynamodb", "put_item", no_answer)
    shop, order = Shop(reserve), sent(OrderPlaced(id="1"), Header(id="q"))

    assert shop.receive([order]) == {"batchItemFailures": []}

    assert harness.sent_to("Stock") == notices(harness) == []
    (copy,) = orders(harness)
    assert copy.attempt == 2
    assert (copy.error or "").startswith("PublishFailed: a message it sent could not leave: Read")

    instead("dynamodb", "put_item", real)
    shop.take(copy)
    assert [message.tag for message in harness.sent_to("Stock")] == ["ReserveStock"]
    assert len(notices(harness)) == 1


@pytest.mark.parametrize("how", [refused, no_answer])
def test_a_request_whose_time_out_cannot_be_sent_does_not_leave(
    harness: ConsumerHarness, how: Callable[[], dict[str, Any]]
) -> None:
    without_notices(how)

    Shop(reserve).receive([sent(OrderPlaced(id="1"), Header(id="q"))])

    assert harness.sent_to("Stock") == []
    (copy,) = orders(harness)
    assert (copy.id, copy.attempt) == ("q", 2)
    assert "could not leave" in (copy.error or "")


def test_only_the_request_that_cannot_be_remembered_stays(harness: ConsumerHarness) -> None:
    def put(**params: Any) -> Any:
        return no_answer() if next(puts) == 1 else real(**params)

    puts = itertools.count()
    real = instead("dynamodb", "put_item", put)

    Shop(reserve).receive([sent(OrderPlaced(id=str(n))) for n in range(3)])

    asked = {request.read(ReserveStock).order for request in harness.sent_to("Stock")}
    (failed,) = {copy.read(OrderPlaced).id for copy in orders(harness)}
    assert asked == {"0", "1", "2"} - {failed}
    assert {
        notice.read(RequestTimedOut).read(ReserveStock).order for notice in notices(harness)
    } == (asked)


def test_a_handler_that_fails_after_it_asked_has_not_asked(harness: ConsumerHarness) -> None:
    def ask(order: OrderPlaced, context: Context) -> None:
        reserve(order, context)
        raise ConnectionError("the shop is closed")

    Shop(ask).receive([sent(OrderPlaced(id="1"))])

    assert items() == {}
    assert harness.sent_to("Stock") == notices(harness) == []


def test_a_handler_that_runs_again_asks_the_same_and_makes_the_same_time_out(
    harness: ConsumerHarness,
) -> None:
    shop = Shop(reserve)
    for _ in range(2):
        shop.receive([sent(OrderPlaced(id="1"), Header(id="q"))])

    assert len({request.id for request in harness.sent_to("Stock")}) == 1
    assert len({notice.id for notice in notices(harness)}) == 1
    assert len(items()) == 1


def test_two_requests_of_one_handler_have_a_time_out_each(harness: ConsumerHarness) -> None:
    def ask(order: OrderPlaced, context: Context) -> None:
        reserve(order, context)
        reserve(order, context)

    Shop(ask).receive([sent(OrderPlaced(id="1"))])

    requests = {request.id for request in harness.sent_to("Stock")}
    assert len(requests) == 2
    assert {notice.read(RequestTimedOut).request_id for notice in notices(harness)} == requests
    assert len({notice.id for notice in notices(harness)}) == 2
    assert set(items()) == requests


def test_a_service_that_hears_of_no_time_limits_cannot_set_one(make_harness: MakeHarness) -> None:
    harness = make_harness(sends={"Stock": [ReserveStock]})
    errors: list[str] = []

    def ask(order: OrderPlaced, context: Context) -> None:
        with pytest.raises(NotDeclared, match="add RequestTimedOut to `takes`") as caught:
            reserve(order, context)
        errors.append(str(caught.value))

    Shop(ask).receive([sent(OrderPlaced(id="1"))])

    assert len(errors) == 1
    assert harness.sent_to("Stock") == []


@pytest.mark.parametrize("timeout", [-1.0, 31.0 * DAY])
def test_a_time_limit_that_no_queue_can_keep_is_refused(
    harness: ConsumerHarness, timeout: float
) -> None:
    def ask(order: OrderPlaced, context: Context) -> None:
        context.request(ReserveStock(order=order.id), to="Stock", timeout=timeout)

    Shop(ask).receive([sent(OrderPlaced(id="1"))])

    assert (orders(harness)[0].error or "").startswith("ValueError: after is")
    assert harness.sent_to("Stock") == []
    assert items() == {}


# A request of an API, which waits for no handler.


def api_request() -> str:
    context = ApiContext(request_id="r", correlation_id="c", path={})
    return context.request(ReserveStock(order="1"), to="Stock", timeout=LIMIT)


def test_a_request_of_an_api_leaves_at_once(harness: ConsumerHarness) -> None:
    request_id = api_request()

    assert [request.id for request in harness.sent_to("Stock")] == [request_id]
    assert set(items()) == {request_id}
    (notice,) = notices(harness)
    assert notice.read(RequestTimedOut).request_id == request_id
    assert "requestservices" not in header_of(notice), "nobody else waits"


def test_a_request_of_an_api_that_cannot_be_remembered_does_not_leave(
    harness: ConsumerHarness,
) -> None:
    instead("dynamodb", "put_item", no_answer)

    with pytest.raises(PublishFailed, match=r"ReserveStock .*: ReadTimeoutError"):
        api_request()

    assert harness.sent_to("Stock") == notices(harness) == []


def test_a_request_of_an_api_whose_time_out_cannot_be_sent_does_not_leave(
    harness: ConsumerHarness,
) -> None:
    without_notices(refused)

    with pytest.raises(PublishFailed, match="InternalError"):
        api_request()

    assert harness.sent_to("Stock") == []
