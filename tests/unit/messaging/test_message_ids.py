"""Message ids: a handler that runs again sends the same ids, and each message has its own."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from messaging import Context, InvalidMessage
from messaging.settings import settings
from messaging.testing import ConsumerHarness, state
from messaging.wire.envelope import Envelope
from messaging.wire.header import Header
from tests.unit.messaging.orders import OrderPacked, OrderPlaced
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
    header = state(message["MessageAttributes"]["header"])
    assert (header["id"], header["requestids"][-1]) == ("own", "own")


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


# A handler whose second run sends less.


def ids_of_runs(*runs: Send) -> list[list[str]]:
    """Return the ids that each run of a handler returns, for the same message."""
    return [send_in_handler(run, REPLY_EXPECTED) for run in runs]


def packed(context: Any, *names: str) -> list[str]:
    return [context.publish(OrderPacked(id=name)) for name in names]


def test_a_run_that_sends_less_gives_no_two_messages_one_id(harness: ConsumerHarness) -> None:
    first, second = ids_of_runs(lambda c: packed(c, "a", "b"), lambda c: packed(c, "b"))

    assert second == first[1:]


def test_equal_messages_of_a_run_differ_by_their_number(harness: ConsumerHarness) -> None:
    first, second = ids_of_runs(lambda c: packed(c, *"abaa"), lambda c: packed(c, *"aab"))

    assert len(set(first)) == 4
    assert second == [first[0], first[2], first[1]]


def test_a_request_and_a_reply_are_not_copies_of_equal_messages(harness: ConsumerHarness) -> None:
    """Their receivers do something else with them."""
    event, command = OrderPacked(id="1"), PackOrder()
    first, second = ids_of_runs(
        lambda c: [
            c.publish(event),
            c.reply(event),
            c.publish_request(event, expected_replies=1, timeout=9),
            c.send(command, to="Warehouse"),
            c.request(command, to="Warehouse"),
        ],
        lambda c: [
            c.reply(event),
            c.publish_request(event, expected_replies=1, timeout=9),
            c.request(command, to="Warehouse"),
        ],
    )

    assert second == [first[1], first[2], first[4]]


def test_an_event_that_is_returned_has_the_id_of_an_equal_one_that_is_sent(
    harness: ConsumerHarness,
) -> None:
    (replied,) = ids_of_runs(lambda c: [c.reply(OrderPacked(id="1"))])
    (returned,) = ids_of_runs(lambda c: [c._reply_or_publish(OrderPacked(id="1"))])

    assert replied == returned


def test_equal_messages_to_two_addresses_have_two_ids(harness: ConsumerHarness) -> None:
    def move(topic: str) -> None:
        config = settings()
        warehouse = msgspec.structs.replace(config.sends["Warehouse"], msg_in_arn=topic)
        harness.use(msgspec.structs.replace(config, sends={"Warehouse": warehouse}))

    ids = set()
    for topic in ("a", "b"):
        move(topic)
        context = context_of(Header(id="1"))
        ids.add(context.send(PackOrder(), to="Warehouse"))

    assert len(ids) == 2


def test_a_message_of_another_kind_or_source_with_the_same_id_is_another(
    harness: ConsumerHarness,
) -> None:
    contexts = [
        context_of(Header(id="1")),
        context_of(Header(id="1", source="/test/A")),
        context_of(Header(id="1", source="/test/B")),
        context_of(Header(id="1", source="/test/A"), tag="Other"),
    ]

    assert len({context.publish(OrderPacked(id="1")) for context in contexts}) == 4


def context_of(header: Header, tag: str = "OrderPlaced") -> Context:
    """Return the context of a message."""
    envelope = Envelope(
        body="{}",
        attributes={},
        tag=tag,
        header=header,
        attempt=1,
        first_received=datetime.now(UTC),
    )
    return Context(envelope, OrderPlaced(id="1"), settings(), [], end=0)
