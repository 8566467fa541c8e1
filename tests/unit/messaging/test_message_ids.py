"""Message ids: a handler that runs again sends the same ids, and each message has its own."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from messaging import Context, InvalidMessage
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.settings import Settings, settings
from messaging.testing import ConsumerHarness
from messaging.wire.header import Header
from tests.unit.messaging.orders import OrderPacked, StockMoved
from tests.unit.messaging.sending_service import (
    API_METHODS,
    METHODS,
    REPLY_EXPECTED,
    CheckOrder,
    PackOrder,
    Send,
    arrived,
    send_in_api,
    send_in_handler,
    sending_harness,
)

# Every method that has `message_id`.
WITH_ID: dict[str, tuple[Send, str]] = {
    "publish": (lambda c: c.publish(OrderPacked(id="1"), message_id="own"), "MsgOut"),
    "send": (lambda c: c.send(PackOrder(), to="Warehouse", message_id="own"), "MsgIn"),
    "request": (lambda c: c.request(PackOrder(), to="Warehouse", message_id="own"), "MsgIn"),
    "publish_request": (
        lambda c: c.publish_request(
            OrderPacked(id="1"), expected_replies=1, timeout=60, message_id="own"
        ),
        "MsgOut",
    ),
    "reply": (lambda c: c.reply(OrderPacked(id="1"), message_id="own"), "MsgOut"),
    "enqueue": (lambda c: c.enqueue(CheckOrder(), message_id="own"), "queue"),
}


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sending_harness()


def everything(context: Context) -> list[str]:
    """Call every method twice; return the ids."""
    return [str(send(context)) for _ in range(2) for _, send in METHODS.values()]


def test_a_handler_that_runs_again_sends_the_same_ids(harness: ConsumerHarness) -> None:
    first = send_in_handler(everything, REPLY_EXPECTED)
    again = send_in_handler(everything, REPLY_EXPECTED)

    assert first == again


def test_each_message_of_a_handler_has_an_id_of_its_own(harness: ConsumerHarness) -> None:
    ids = send_in_handler(everything, REPLY_EXPECTED)

    assert len(set(ids)) == len(ids) == 2 * len(METHODS)


def test_the_returned_ids_are_those_of_the_messages(harness: ConsumerHarness) -> None:
    ids = send_in_handler(everything, REPLY_EXPECTED)

    found = [message.id for messages in arrived(harness).values() for message in messages]
    assert sorted(found) == sorted(ids)


def test_handlers_of_different_messages_send_different_ids(harness: ConsumerHarness) -> None:
    first = send_in_handler(everything, REPLY_EXPECTED)
    second = send_in_handler(everything, msgspec.structs.replace(REPLY_EXPECTED, id="another"))

    assert not set(first) & set(second)


@pytest.mark.parametrize("who", ["service", "consumer"])
def test_different_consumers_of_a_message_send_different_ids(
    harness: ConsumerHarness, who: str
) -> None:
    first = send_in_handler(everything, REPLY_EXPECTED)
    config = settings()
    assert config.consumer is not None
    other = {
        "service": msgspec.structs.replace(config, service="Other"),
        "consumer": msgspec.structs.replace(
            config, consumer=msgspec.structs.replace(config.consumer, name="other")
        ),
    }
    harness.use(other[who])
    second = send_in_handler(everything, REPLY_EXPECTED)

    assert not set(first) & set(second)


@pytest.mark.parametrize("method", WITH_ID)
def test_a_given_id_is_used(harness: ConsumerHarness, method: str) -> None:
    send, where = WITH_ID[method]

    assert send_in_handler(send, REPLY_EXPECTED) == "own"

    assert [message.id for message in arrived(harness)[where]] == ["own"]


@pytest.mark.parametrize("method", [method for method in WITH_ID if method in API_METHODS])
def test_a_given_id_is_used_by_an_api(harness: ConsumerHarness, method: str) -> None:
    send, where = WITH_ID[method]

    assert send_in_api(send) == "own"

    assert [message.id for message in arrived(harness)[where]] == ["own"]


def test_a_given_id_is_the_id_of_the_request(harness: ConsumerHarness) -> None:
    send_in_handler(
        lambda context: context.request(PackOrder(), to="Warehouse", message_id="own"),
        REPLY_EXPECTED,
    )

    (message,) = arrived(harness)["MsgIn"]
    assert message["MessageAttributes"]["header"]["StringValue"].count('"own"') == 2


def test_ids_of_an_api_differ_each_time(harness: ConsumerHarness) -> None:
    ids = [str(send_in_api(send)) for _ in range(2) for _, send in API_METHODS.values()]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("send_in", [send_in_handler, send_in_api])
def test_an_id_that_no_receiver_would_accept_is_refused(
    harness: ConsumerHarness, send_in: Any
) -> None:
    def publish(context: Any) -> None:
        context.publish(OrderPacked(id="1"), message_id="x" * 256)
        with pytest.raises(
            InvalidMessage, match=r"header of OrderPacked is not valid: .* length <= 256"
        ):
            context.publish(OrderPacked(id="1"), message_id="x" * 257)

    send_in(publish)

    assert [message.id for message in arrived(harness)["MsgOut"]] == ["x" * 256]


@pytest.mark.parametrize("id_", ["two words", "ümlaut", "x" * 129])
def test_an_id_that_fifo_topics_refuse_is_replaced_by_its_digest(id_: str) -> None:
    def deduplication(id_: str) -> str:
        config = Settings(stage="test", service="Test", msg_out_arn="")
        where = Address("topic", "Warehouse-MsgIn.fifo")
        entry = compose(StockMoved(shelf="1"), Header(id=id_), config, where).entry()
        return str(entry["MessageDeduplicationId"])

    assert deduplication("x" * 128) == "x" * 128
    assert deduplication(id_) == deduplication(id_)
    assert len({deduplication(id_), deduplication(id_ + "."), id_}) == 3
    assert UUID(deduplication(id_))
