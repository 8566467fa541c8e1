"""Ids of messages: a handler that runs again says the same, and no two of its messages are one."""

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
from tests.unit.messaging.orders import OrderPacked
from tests.unit.messaging.sending_service import (
    OF_APIS,
    VERBS,
    WAITING,
    CheckOrder,
    PackOrder,
    Say,
    arrived,
    say_in_api,
    say_in_handler,
    sayings,
)

# Every verb that takes an id.
WITH_ID: dict[str, tuple[Say, str]] = {
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
    return sayings()


def everything(context: Context) -> list[str]:
    """Say everything twice; return the ids."""
    return [str(say(context)) for _ in range(2) for _, say in VERBS.values()]


def test_a_repeated_handler_says_everything_under_the_same_ids(harness: ConsumerHarness) -> None:
    first = say_in_handler(everything, WAITING)
    again = say_in_handler(everything, WAITING)

    assert first == again


def test_each_message_of_a_handler_has_an_id_of_its_own(harness: ConsumerHarness) -> None:
    ids = say_in_handler(everything, WAITING)

    assert len(set(ids)) == len(ids) == 2 * len(VERBS)


def test_the_ids_returned_are_those_that_arrive(harness: ConsumerHarness) -> None:
    ids = say_in_handler(everything, WAITING)

    found = [message.id for messages in arrived(harness).values() for message in messages]
    assert sorted(found) == sorted(ids)


def test_two_messages_lead_to_different_ids(harness: ConsumerHarness) -> None:
    first = say_in_handler(everything, WAITING)
    second = say_in_handler(everything, msgspec.structs.replace(WAITING, id="another"))

    assert not set(first) & set(second)


@pytest.mark.parametrize("who", ["service", "consumer"])
def test_two_that_handle_one_message_say_it_under_different_ids(
    harness: ConsumerHarness, who: str
) -> None:
    first = say_in_handler(everything, WAITING)
    config = settings()
    assert config.consumer is not None
    other = {
        "service": msgspec.structs.replace(config, service="Other"),
        "consumer": msgspec.structs.replace(
            config, consumer=msgspec.structs.replace(config.consumer, name="other")
        ),
    }
    harness.use(other[who])
    second = say_in_handler(everything, WAITING)

    assert not set(first) & set(second)


@pytest.mark.parametrize("verb", WITH_ID)
def test_an_id_of_ones_own_is_used(harness: ConsumerHarness, verb: str) -> None:
    say, where = WITH_ID[verb]

    assert say_in_handler(say, WAITING) == "own"

    assert [message.id for message in arrived(harness)[where]] == ["own"]


@pytest.mark.parametrize("verb", [verb for verb in WITH_ID if verb in OF_APIS])
def test_an_id_of_ones_own_is_used_by_an_api(harness: ConsumerHarness, verb: str) -> None:
    say, where = WITH_ID[verb]

    assert say_in_api(say) == "own"

    assert [message.id for message in arrived(harness)[where]] == ["own"]


def test_an_id_of_ones_own_names_the_request_that_is_waited_for(harness: ConsumerHarness) -> None:
    say_in_handler(
        lambda context: context.request(PackOrder(), to="Warehouse", message_id="own"), WAITING
    )

    (message,) = arrived(harness)["MsgIn"]
    assert message["MessageAttributes"]["header"]["StringValue"].count('"own"') == 2


def test_ids_of_an_api_are_never_the_same(harness: ConsumerHarness) -> None:
    ids = [str(say_in_api(say)) for _ in range(2) for _, say in OF_APIS.values()]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("says_in", [say_in_handler, say_in_api])
def test_an_id_that_no_receiver_would_accept_is_refused(
    harness: ConsumerHarness, says_in: Any
) -> None:
    def publish(context: Any) -> None:
        context.publish(OrderPacked(id="1"), message_id="x" * 256)
        with pytest.raises(InvalidMessage, match=r"OrderPacked cannot have .* length <= 256"):
            context.publish(OrderPacked(id="1"), message_id="x" * 257)

    says_in(publish)

    assert [message.id for message in arrived(harness)["MsgOut"]] == ["x" * 256]


@pytest.mark.parametrize("id_", ["two words", "ümlaut", "x" * 129])
def test_an_id_that_fifo_topics_refuse_tells_copies_apart_by_its_digest(id_: str) -> None:
    def deduplication(id_: str) -> str:
        config = Settings(stage="test", service="Test", msg_out_arn="")
        where = Address("topic", "Warehouse-MsgIn.fifo")
        entry = compose(PackOrder(), Header(id=id_), config, where).entry()
        return str(entry["MessageDeduplicationId"])

    assert deduplication("x" * 128) == "x" * 128
    assert deduplication(id_) == deduplication(id_)
    assert len({deduplication(id_), deduplication(id_ + "."), id_}) == 3
    assert UUID(deduplication(id_))
