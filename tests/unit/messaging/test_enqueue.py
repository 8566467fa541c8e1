"""Straight to a queue: units of work with and without a delay, and how large a message may be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from messaging import Consumer, Context, MessageLimitExceeded
from messaging.limits import MAX_QUEUE_BYTES, MAX_TOPIC_BYTES
from messaging.settings import settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, Message, event, record, state
from tests.unit.messaging.doubles import Calls
from tests.unit.messaging.orders import OrderPacked
from tests.unit.messaging.sending_service import (
    WAITING,
    CheckOrder,
    PackOrder,
    arrived,
    attribute,
    say_in_api,
    say_in_handler,
    sayings,
)

DAY = 86_400


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sayings()


def delayed(after: float) -> tuple[int, dict[str, Any]]:
    """Send a unit of work; return the delay that SQS is given, and what `retry` says."""
    calls = Calls("sqs")
    say_in_handler(lambda context: context.enqueue(CheckOrder(), delay=after))
    ((entry,),) = (call["Entries"] for call in calls.of("SendMessageBatch"))
    retry = entry["MessageAttributes"].get("retry")
    return entry.get("DelaySeconds", 0), state(retry) if retry else {}


@pytest.mark.parametrize(
    ("after", "delay"), [(0, 0), (1, 1), (0.2, 1), (1.5, 2), (899.5, 900), (900, 900)]
)
def test_up_to_15_minutes_sqs_itself_waits(
    harness: ConsumerHarness, after: float, delay: int
) -> None:
    assert delayed(after) == (delay, {})


@pytest.mark.parametrize("after", [900.5, 901, DAY, 30 * DAY])
def test_beyond_15_minutes_the_message_knows_when_it_is_due(
    harness: ConsumerHarness, after: float
) -> None:
    before = datetime.now(UTC)

    delay, retry = delayed(after)

    assert delay == 900
    due = datetime.fromisoformat(retry["notbefore"])
    assert before <= due - timedelta(seconds=after) <= datetime.now(UTC)
    assert (retry["attempt"], retry["firstreceived"]) == (1, retry["notbefore"])


@pytest.mark.parametrize("after", [-1, -0.001, 30 * DAY + 1, float("nan"), float("inf")])
@pytest.mark.parametrize("says_in", [say_in_handler, say_in_api])
def test_a_delay_that_no_queue_keeps_is_refused(
    harness: ConsumerHarness, says_in: Callable[[Any], Any], after: float
) -> None:
    def send(context: Any) -> None:
        with pytest.raises(ValueError, match=r"from 0 to 2592000 \(30 days\)"):
            context.enqueue(CheckOrder(), delay=after)

    says_in(send)

    assert arrived(harness) == {}


def consumer_noting(seen: list[Context]) -> Consumer:
    consumer = Consumer()

    @consumer.on(CheckOrder)
    def check(_: CheckOrder, context: Context) -> None:
        seen.append(context)

    return consumer


def test_a_message_that_is_not_due_yet_waits_on_and_costs_no_attempt(
    harness: ConsumerHarness,
) -> None:
    calls, seen = Calls("sqs"), list[Context]()
    id_ = say_in_handler(lambda context: context.enqueue(CheckOrder(), delay=DAY))
    ((entry,),) = (call["Entries"] for call in calls.of("SendMessageBatch"))

    received = record(entry["MessageBody"], entry["MessageAttributes"])
    consumer_noting(seen)(event(received), FakeLambdaContext())

    assert seen == []
    *_, copy = harness.requeued()
    assert (copy.id, copy.attempt, copy["DelaySeconds"]) == (id_, 1, 900)
    assert state(copy["MessageAttributes"]["retry"])["notbefore"]


def test_a_message_that_is_due_is_handled_as_the_first_attempt(harness: ConsumerHarness) -> None:
    calls, seen = Calls("sqs"), list[Context]()
    say_in_handler(lambda context: context.enqueue(CheckOrder(), delay=DAY), WAITING)
    ((entry,),) = (call["Entries"] for call in calls.of("SendMessageBatch"))
    attributes = entry["MessageAttributes"]
    now = datetime.now(UTC).isoformat()
    retry = {**state(attributes["retry"]), "notbefore": now}
    attributes["retry"]["StringValue"] = msgspec.json.encode(retry).decode()

    consumer_noting(seen)(event(record(entry["MessageBody"], attributes)), FakeLambdaContext())

    (context,) = seen
    assert (context.attempt, context.request_service) == (1, "Shop")


def test_a_fifo_queue_takes_work_at_once_but_delays_none(mocked_aws: None) -> None:
    class InOrder(CheckOrder, frozen=True, kw_only=True):
        group = "id"

    harness = sayings(fifo=True, accepts_enqueued=(InOrder,))

    def send(context: Any) -> None:
        context.enqueue(InOrder(id="7"))
        with pytest.raises(ValueError, match="a FIFO queue delays no single message"):
            context.enqueue(InOrder(id="8"), delay=1)

    say_in_handler(send)

    (message,) = harness.visible_messages()
    assert message.read(CheckOrder).id == "7"
    assert message["Attributes"]["MessageGroupId"] == "7"
    assert message["Attributes"]["MessageDeduplicationId"] == message.id


def test_an_api_sends_to_the_queue_of_its_service(harness: ConsumerHarness) -> None:
    id_ = say_in_api(lambda context: context.enqueue(CheckOrder(id="7")))

    (message,) = harness.visible_messages()
    assert (message.id, message.read(CheckOrder).id) == (id_, "7")


# How large a message may be.


def size_of(message: Message) -> int:
    attributes = message["MessageAttributes"].items()
    return len(message["Body"].encode()) + sum(
        len(name) + len(value["DataType"]) + len(value["StringValue"]) for name, value in attributes
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


def spare(harness: ConsumerHarness, verb: str) -> int:
    """Return how many characters more a message may have."""
    where, limit, say = LIMITED[verb]
    say_in_handler(lambda context: say(context, ""))
    (message,) = arrived(harness)[where]
    # The time has as many digits as the clock gives it.
    return limit - size_of(message) - 6


@pytest.mark.parametrize("verb", LIMITED)
def test_a_message_may_be_as_large_as_its_address_takes(
    harness: ConsumerHarness, verb: str
) -> None:
    where, limit, say = LIMITED[verb]
    room = spare(harness, verb)

    say_in_handler(lambda context: say(context, "x" * room))

    (message,) = arrived(harness)[where]
    assert limit - 12 <= size_of(message) <= limit


@pytest.mark.parametrize("verb", LIMITED)
def test_a_message_larger_than_its_address_takes_is_refused(
    harness: ConsumerHarness, verb: str
) -> None:
    where, limit, say = LIMITED[verb]
    kind = "queue" if where == "queue" else "topic"
    room = spare(harness, verb)

    def refused(context: Any) -> str:
        with pytest.raises(MessageLimitExceeded, match=f"a {kind} takes {limit}") as caught:
            say(context, "x" * (room + 13))
        return str(caught.value)

    told = say_in_handler(refused)

    assert ("`claim_check=True`" in told) == (verb == "publish"), "helps there only"
    assert arrived(harness) == {}


@pytest.mark.parametrize("verb", ["send", "enqueue"])
def test_only_what_a_service_publishes_travels_through_its_bucket(
    mocked_aws: None, verb: str
) -> None:
    harness, (_, limit, say) = sayings(claim_check=True), LIMITED[verb]

    def refused(context: Any) -> None:
        with pytest.raises(MessageLimitExceeded):
            say(context, "x" * limit)

    say_in_handler(refused)

    assert settings().claims_bucket
    assert arrived(harness) == {}


@pytest.mark.parametrize("verb", ["publish", "publish_request", "reply"])
def test_whatever_a_service_publishes_travels_through_its_bucket(
    mocked_aws: None, verb: str
) -> None:
    harness = sayings(claim_check=True)
    large = OrderPacked(id="1", note="x" * MAX_TOPIC_BYTES)
    says: dict[str, Callable[[Any], object]] = {
        "publish": lambda context: context.publish(large),
        "publish_request": lambda context: context.publish_request(
            large, expected_replies=1, timeout=60
        ),
        "reply": lambda context: context.reply(large),
    }

    id_ = say_in_handler(says[verb], WAITING)

    (message,) = arrived(harness)["MsgOut"]
    header = state(message["MessageAttributes"]["header"])
    assert header["dataref"] == f"s3://{harness.bucket}/OrderPacked/{id_}.json"
    waits = "Test" if verb == "publish_request" else "Shop"
    assert attribute(message, "requestService") == waits
