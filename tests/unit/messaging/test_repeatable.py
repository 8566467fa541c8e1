"""`assert_repeatable` shows what a handler that runs again sends otherwise."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar

import pytest

from contracts import Event, RequestTimedOut
from messaging import Consumer, Context, Retry, client
from messaging.testing import ConsumerHarness, assert_repeatable
from messaging.testing.differences import differences
from messaging.testing.resources import make_table
from messaging.wire.header import Header
from tests.unit.messaging.doubles import consumer_that
from tests.unit.messaging.orders import OrderPacked, OrderPlaced
from tests.unit.messaging.requesting_service import (
    ReserveStock,
    Shop,
    StockReserved,
    reply_header,
    reserve,
    shop_on,
)

MakeHarness = Callable[..., ConsumerHarness]
ORDER = OrderPlaced(id="1")


class Shipped(Event, frozen=True, kw_only=True):
    """A parcel has left."""

    msg_tag: ClassVar[str] = "Shipped"

    order: str
    lines: tuple[dict[str, float], ...] = ()
    at: Annotated[float, "epoch seconds"] = 0.0


@pytest.fixture
def harness(make_harness: MakeHarness) -> ConsumerHarness:
    return make_harness(publishes=(OrderPacked, Shipped), guarantee="lease")


def that_publishes(make: Callable[[], Event]) -> Consumer:
    return consumer_that(lambda order, context: context.publish(make()))


def test_a_handler_that_sends_the_same_is_repeatable_and_sends_nothing(
    harness: ConsumerHarness,
) -> None:
    consumer = that_publishes(lambda: OrderPacked(id="1"))

    (message,) = assert_repeatable(consumer, ORDER)

    assert message.body == '{"id":"1","note":""}'
    assert harness.published() == harness.requeued() == harness.visible_messages() == []
    assert client("dynamodb").scan(TableName=harness.table)["Items"] == []


def test_a_time_in_a_body_is_shown_with_both_values(harness: ConsumerHarness) -> None:
    times: Iterator[float] = iter((1.5, 2.5))
    consumer = that_publishes(lambda: Shipped(order="1", at=next(times)))

    with pytest.raises(AssertionError) as caught:
        assert_repeatable(consumer, ORDER)

    first, line = str(caught.value).splitlines()
    assert first == "the handler of OrderPlaced is not repeatable: run again, it"
    assert line.startswith("  sends as message 1, Shipped to arn:aws:sns:")
    assert line.endswith(", $.at: 1.5, then 2.5")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Shipped(order="1", at=time.time()), id="time"),
        pytest.param(lambda: Shipped(order="1", at=random.random()), id="random number"),
        pytest.param(lambda: Shipped(order=str(uuid.uuid4())), id="random id"),
        pytest.param(lambda: Shipped(order="1", lines=({"p": random.random()},)), id="inside"),
        pytest.param(lambda: OrderPacked(id="1", note=f"{time.time()}" + "x" * 300_000), id="S3"),
    ],
)
def test_whatever_differs_is_found(make_harness: MakeHarness, make: Callable[[], Event]) -> None:
    make_harness(publishes=(OrderPacked, Shipped), claim_check=True)
    with pytest.raises(AssertionError, match=r"message 1, .* \$\.(at|order|note|lines\[0\]\.p): "):
        assert_repeatable(that_publishes(make), ORDER)


def test_another_id_of_the_same_body_is_found(harness: ConsumerHarness) -> None:
    def publish(order: OrderPlaced, context: Context) -> None:
        context.publish(OrderPacked(id="1"), message_id=str(uuid.uuid4()))

    with pytest.raises(AssertionError, match=r"message 1, .*, its id: "):
        assert_repeatable(consumer_that(publish), ORDER)


@pytest.mark.parametrize("more_at_first", [True, False])
def test_more_or_fewer_messages_are_found(harness: ConsumerHarness, more_at_first: bool) -> None:
    runs: list[int] = []

    def publish(order: OrderPlaced, context: Context) -> None:
        runs.append(1)
        if (len(runs) == 1) == more_at_first:
            context.publish(OrderPacked(id="1"))

    with pytest.raises(AssertionError, match=r"sends (nothing|OrderPacked to .*)\n  instead of "):
        assert_repeatable(consumer_that(publish), ORDER)


def test_the_second_run_finds_the_tables_and_objects_of_the_first(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(publishes=(OrderPacked,), claim_check=True)
    table, db, s3 = make_table("orders"), client("dynamodb"), client("s3")
    db.put_item(TableName=table, Item={"id": {"S": "old"}, "n": {"N": "1"}})
    s3.put_object(Bucket=harness.bucket, Key="old", Body=b"before")

    def count() -> Event:
        names = {"TableName": table, "Key": {"id": {"S": "old"}}}
        update = {
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        n = db.update_item(**names, **update, ReturnValues="ALL_NEW")["Attributes"]["n"]["N"]
        db.put_item(TableName=table, Item={"id": {"S": f"new {n}"}})
        was = s3.get_object(Bucket=harness.bucket, Key="old")["Body"].read().decode()
        s3.put_object(Bucket=harness.bucket, Key="old", Body=b"after")
        s3.put_object(Bucket=harness.bucket, Key=f"new {n}", Body=b"")
        items = db.scan(TableName=table)["Count"]
        return OrderPacked(id=n, note=f"{was}, {items} items")

    (message,) = assert_repeatable(that_publishes(count), ORDER)

    assert message.body == '{"id":"2","note":"before, 2 items"}'
    assert db.scan(TableName=table)["Items"] == [{"id": {"S": "old"}, "n": {"N": "1"}}]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=harness.bucket)["Contents"]] == [
        "old"
    ]


def test_a_reply_is_counted_in_both_runs(make_harness: MakeHarness) -> None:
    harness = shop_on(make_harness)
    shop = Shop(reserve)
    (request,) = assert_repeatable(shop.consumer, ORDER)
    assert request.reply_deadline

    harness.send(ORDER)
    harness.run_until_idle(shop.consumer)
    (sent_request,) = harness.sent_to("Stock")
    header = reply_header(sent_request.id, "r")

    assert assert_repeatable(shop.consumer, StockReserved(order="1"), header) == []
    assert [replies and replies.received for _, _, replies in shop.handled] == [1, 1]


def test_a_handler_that_fails_is_not_repeatable(harness: ConsumerHarness) -> None:
    def fail(order: OrderPlaced, context: Context) -> None:
        raise Retry("the warehouse is closed")

    with pytest.raises(AssertionError, match="did not succeed: Retry: the warehouse") as caught:
        assert_repeatable(consumer_that(fail), ORDER)
    assert isinstance(caught.value.__cause__, Retry)


def test_a_message_without_a_handler_is_not_repeatable(harness: ConsumerHarness) -> None:
    with pytest.raises(AssertionError, match=r"did not succeed: .*Shipped"):
        assert_repeatable(that_publishes(lambda: ORDER), Shipped(order="1"))


def test_a_time_out_without_a_request_is_skipped_and_said_so(make_harness: MakeHarness) -> None:
    shop_on(make_harness)
    notice = RequestTimedOut(
        request_id="?",
        request_tag=ReserveStock.msg_tag,
        timeout=1,
        request=b"{}",  # type: ignore[arg-type]
    )
    with pytest.raises(AssertionError, match="did not succeed: all replies came in time"):
        assert_repeatable(Shop().consumer, notice, Header(id="n"))


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        ('{"a":1}', '{"a":1}', []),
        ('{"a":{"b":[1,2]}}', '{"a":{"b":[1,3]}}', ["$.a.b[1]: 2, then 3"]),
        ('{"a":1}', '{"b":1}', ["$.a: 1, then (missing)", "$.b: (missing), then 1"]),
        ("[1]", "[1,2]", ["$[1]: (missing), then 2"]),
        ('{"a":"x"}', '{"a":null}', ['$.a: "x", then null']),
        ("1", "true", ["$: 1, then true"]),
    ],
)
def test_a_difference_has_its_path_and_both_values(
    first: str, second: str, lines: list[str]
) -> None:
    assert differences(first, second) == lines
