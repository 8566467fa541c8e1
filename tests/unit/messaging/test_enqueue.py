"""Commands on the service's own queue, with and without a delay; the largest possible messages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from messaging import Consumer, Context, MessageLimitExceeded
from messaging.limits import MAX_QUEUE_BYTES, MAX_TOPIC_BYTES
from messaging.sending.outgoing import derived_id
from messaging.settings import settings
from messaging.testing import (
    ConsumerHarness,
    FakeLambdaContext,
    Message,
    Sender,
    event,
    record,
    state,
)
from tests.unit.messaging.doubles import Calls
from tests.unit.messaging.orders import OrderPacked
from tests.unit.messaging.sending_service import (
    REPLY_EXPECTED,
    CheckOrder,
    PackOrder,
    arrived,
    attribute,
    send_in_api,
    send_in_handler,
    sending_harness,
)

DAY = 86_400


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sending_harness()


def delayed(after: float) -> tuple[int, dict[str, Any]]:
    """Enqueue a command; return the delay in SQS, and the attribute `retry`."""
    calls = Calls("sqs")
    send_in_handler(lambda context: context.enqueue(CheckOrder(), delay=after))
    ((entry,),) = (call["Entries"] for call in calls.of("SendMessageBatch"))
    retry = entry["MessageAttributes"].get("retry")
    return entry.get("DelaySeconds", 0), state(retry) if retry else {}


@pytest.mark.parametrize(
    ("after", "delay"), [(0, 0), (1, 1), (0.2, 1), (1.5, 2), (899.5, 900), (900, 900)]
)
def test_up_to_15_minutes_sqs_delays_the_message(
    harness: ConsumerHarness, after: float, delay: int
) -> None:
    assert delayed(after) == (delay, {})


@pytest.mark.parametrize("after", [900.5, 901, DAY, 30 * DAY])
def test_beyond_15_minutes_the_message_states_when_it_is_due(
    harness: ConsumerHarness, after: float
) -> None:
    before = datetime.now(UTC)

    delay, retry = delayed(after)

    assert delay == 900
    due = datetime.fromisoformat(retry["notbefore"])
    assert before <= due - timedelta(seconds=after) <= datetime.now(UTC)
    assert (retry["attempt"], retry["firstreceived"]) == (1, retry["notbefore"])


@pytest.mark.parametrize("after", [-1, -0.001, 30 * DAY + 1, float("nan"), float("inf")])
@pytest.mark.parametrize("send_in", [send_in_handler, send_in_api])
def test_a_delay_out_of_range_is_refused(
    harness: ConsumerHarness, send_in: Callable[[Any], Any], after: float
) -> None:
    def send(context: Any) -> None:
        with pytest.raises(ValueError, match=r"from 0 to 2592000 \(30 days\)"):
            context.enqueue(CheckOrder(), delay=after)

    send_in(send)

    assert arrived(harness) == {}


def recording_consumer(seen: list[Context]) -> Consumer:
    consumer = Consumer()

    @consumer.on(CheckOrder)
    def check(_: CheckOrder, context: Context) -> None:
        seen.append(context)

    return consumer


def test_a_message_that_is_not_due_is_copied_and_costs_no_attempt(
    harness: ConsumerHarness,
) -> None:
    calls, seen = Calls("sqs"), list[Context]()
    id_ = send_in_handler(lambda context: context.enqueue(CheckOrder(), delay=DAY))
    ((entry,),) = (call["Entries"] for call in calls.of("SendMessageBatch"))

    received = record(entry["MessageBody"], entry["MessageAttributes"], sender=Sender.CONSUMER)
    recording_consumer(seen)(event(received), FakeLambdaContext())

    assert seen == []
    *_, copy = harness.requeued()
    assert (copy.id, copy.attempt, copy["DelaySeconds"]) == (id_, 1, 900)
    assert state(copy["MessageAttributes"]["retry"])["notbefore"]


def test_a_message_that_is_due_is_handled_as_the_first_attempt(harness: ConsumerHarness) -> None:
    calls, seen = Calls("sqs"), list[Context]()
    send_in_handler(lambda context: context.enqueue(CheckOrder(), delay=DAY), REPLY_EXPECTED)
    ((entry,),) = (call["Entries"] for call in calls.of("SendMessageBatch"))
    attributes = entry["MessageAttributes"]
    now = datetime.now(UTC).isoformat()
    retry = {**state(attributes["retry"]), "notbefore": now}
    attributes["retry"]["StringValue"] = msgspec.json.encode(retry).decode()

    received = record(entry["MessageBody"], attributes, sender=Sender.CONSUMER)
    recording_consumer(seen)(event(received), FakeLambdaContext())

    (context,) = seen
    assert (context.attempt, context.request_service) == (1, "Shop")


def test_a_fifo_queue_accepts_commands_without_a_delay_only(mocked_aws: None) -> None:
    class InOrder(CheckOrder, frozen=True, kw_only=True):
        group = "id"

    harness = sending_harness(fifo=True, accepts_enqueued=(InOrder,))

    def send(context: Any) -> None:
        context.enqueue(InOrder(id="7"))
        with pytest.raises(ValueError, match="a FIFO queue cannot delay a single message"):
            context.enqueue(InOrder(id="8"), delay=1)

    send_in_handler(send)

    (message,) = harness.visible_messages()
    assert message.read(CheckOrder).id == "7"
    assert message["Attributes"]["MessageGroupId"] == "7"
    assert message["Attributes"]["MessageDeduplicationId"] == derived_id(
        message.tag, "/test/Test", message.id
    )


def test_an_api_enqueues_at_its_own_service(harness: ConsumerHarness) -> None:
    id_ = send_in_api(lambda context: context.enqueue(CheckOrder(id="7")))

    (message,) = harness.visible_messages()
    assert (message.id, message.read(CheckOrder).id) == (id_, "7")


# How large a message may be.


def size_of(message: Message) -> int:
    attributes = message["MessageAttributes"].items()
    return len(message["Body"].encode()) + sum(
        len(name) + len(value["DataType"]) + len(value.get("StringValue") or value["BinaryValue"])
        for name, value in attributes
    )


LIMITED: dict[str, tuple[str, int, Callable[[Any, str], object]]] = {
    "send": (
        "MsgIn",
        MAX_TOPIC_BYTES,
        lambda context, note: context.send(PackOrder(note=note), to="Warehouse"),
    ),
    "publish": (
        "MsgOut",
        MAX_TOPIC_BYTES,
        lambda context, note: context.publish(OrderPacked(id="1", note=note)),
    ),
    "enqueue": (
        "queue",
        MAX_QUEUE_BYTES,
        lambda context, note: context.enqueue(CheckOrder(note=note)),
    ),
}


def spare(harness: ConsumerHarness, method: str) -> int:
    """Return by how many characters a message may be longer."""
    where, limit, send = LIMITED[method]
    send_in_handler(lambda context: send(context, ""))
    (message,) = arrived(harness)[where]
    # The number of digits of the time varies.
    return limit - size_of(message) - 6


@pytest.mark.parametrize("method", LIMITED)
def test_a_message_may_be_as_large_as_its_address_allows(
    harness: ConsumerHarness, method: str
) -> None:
    where, limit, send = LIMITED[method]
    room = spare(harness, method)

    send_in_handler(lambda context: send(context, "x" * room))

    (message,) = arrived(harness)[where]
    assert limit - 12 <= size_of(message) <= limit


@pytest.mark.parametrize("method", LIMITED)
def test_a_message_larger_than_its_address_allows_is_refused(
    harness: ConsumerHarness, method: str
) -> None:
    where, limit, send = LIMITED[method]
    kind = "queue" if where == "queue" else "topic"
    room = spare(harness, method)

    def refused(context: Any) -> str:
        with pytest.raises(MessageLimitExceeded, match=f"limit of a {kind} is {limit}") as caught:
            send(context, "x" * (room + 13))
        return str(caught.value)

    error_text = send_in_handler(refused)

    assert ("`claim_check=True`" in error_text) == (method == "publish"), (
        "for published events only"
    )
    assert arrived(harness) == {}


@pytest.mark.parametrize("method", ["send", "enqueue"])
def test_a_command_does_not_travel_through_the_bucket(mocked_aws: None, method: str) -> None:
    harness, (_, limit, send) = sending_harness(claim_check=True), LIMITED[method]

    def refused(context: Any) -> None:
        with pytest.raises(MessageLimitExceeded):
            send(context, "x" * limit)

    send_in_handler(refused)

    assert settings().claims_bucket
    assert arrived(harness) == {}


@pytest.mark.parametrize("method", ["publish", "publish_request", "reply"])
def test_every_published_event_may_travel_through_the_bucket(mocked_aws: None, method: str) -> None:
    harness = sending_harness(claim_check=True)
    large = OrderPacked(id="1", note="x" * MAX_TOPIC_BYTES)
    methods: dict[str, Callable[[Any], object]] = {
        "publish": lambda context: context.publish(large),
        "publish_request": lambda context: context.publish_request(
            large, expected_replies=1, timeout=60
        ),
        "reply": lambda context: context.reply(large),
    }

    id_ = send_in_handler(methods[method], REPLY_EXPECTED)

    (message,) = arrived(harness)["MsgOut"]
    header = state(message["MessageAttributes"]["header"])
    assert header["dataref"] == f"s3://{harness.bucket}/OrderPacked/{id_}.json"
    expected = "Test" if method == "publish_request" else "Shop"
    assert attribute(message, "requestService") == expected
