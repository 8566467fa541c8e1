"""The test kit, used as a team uses it for its handlers."""

import time

import pytest

from messaging import Consumer, Context, Reject, Retry
from messaging.aws import clients as aws
from messaging.policy import RetryPolicy
from messaging.testing import ConsumerHarness, FakeLambdaContext, Message, event, sent
from messaging.wire.header import Header
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

consumer = Consumer()


@consumer.on(OrderPlaced)
def pack(order: OrderPlaced, context: Context) -> None:
    """Pack an order."""
    match order.country:
        case "XX":
            raise Reject("we do not deliver there")
        case "closed":
            raise Retry(delay=3_600)
        case "down":
            raise ConnectionError("no route to the warehouse")
    context.publish(OrderPacked(id=order.id))


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return ConsumerHarness(publishes=(OrderPacked,))


def test_what_was_published(harness: ConsumerHarness) -> None:
    harness.send(OrderPlaced(id="1"))
    harness.run_until_idle(consumer)
    assert [message.read(OrderPacked) for message in harness.published()] == [OrderPacked(id="1")]


def test_what_was_dead_lettered(harness: ConsumerHarness) -> None:
    harness.send(OrderPlaced(id="1", country="XX"))
    harness.run_until_idle(consumer)
    assert [letter.reason for letter in harness.dead_letters()] == ["we do not deliver there"]


def test_what_was_requeued(harness: ConsumerHarness) -> None:
    harness.send(OrderPlaced(id="1", country="closed"))
    harness.run_until_idle(consumer)
    assert [(copy.attempt, copy.delay) for copy in harness.requeued()] == [(2, 3_600)]


def test_what_a_message_is(harness: ConsumerHarness) -> None:
    message_id = harness.send(OrderPlaced(id="1", country="down"))
    harness.deliver(consumer)
    (copy,) = harness.visible_messages()
    assert (copy.tag, copy.id, copy.attempt, copy.delay) == ("OrderPlaced", message_id, 2, 0)
    assert copy.error == "ConnectionError: no route to the warehouse"
    assert copy.read(OrderPlaced).country == "down"


def test_a_message_has_only_what_it_carries() -> None:
    message = Message(Body="{}")
    assert (message.attempt, message.delay, message.error) == (1, 0, None)
    with pytest.raises(KeyError):
        assert message.reason
    with pytest.raises(KeyError):
        assert message.cause


def test_running_ends_when_the_attempts_are_used_up(harness: ConsumerHarness) -> None:
    harness.send(OrderPlaced(id="1", country="down"))
    assert harness.run_until_idle(consumer) == RetryPolicy().max_attempts
    assert [letter.cause for letter in harness.dead_letters()] == ["attempts"]


def test_running_gives_up_after_a_hundred_batches(mocked_aws: None) -> None:
    harness = ConsumerHarness(retry=RetryPolicy(max_attempts=1_000, base=0))
    harness.send(OrderPlaced(id="1", country="down"))
    with pytest.raises(AssertionError, match="still visible after 100 batches"):
        harness.run_until_idle(consumer)


def test_a_batch_has_no_more_messages_than_the_given_number(harness: ConsumerHarness) -> None:
    for n in range(3):
        harness.send(OrderPlaced(id=str(n)))
    harness.deliver(consumer, most=2)
    assert len(harness.published()) == 2


def test_without_a_visible_message_the_response_is_none(harness: ConsumerHarness) -> None:
    assert harness.deliver(consumer) is None


def test_a_message_that_stayed_in_the_queue_becomes_visible_again(harness: ConsumerHarness) -> None:
    dying = Consumer()

    @dying.on(OrderPlaced)
    def die(order: OrderPlaced, context: Context) -> None:
        raise KeyboardInterrupt

    harness.send(OrderPlaced(id="1"))
    with pytest.raises(KeyboardInterrupt):
        harness.deliver(dying)
    assert harness.visible_messages() == []

    harness.expire_visibility()

    assert [message.read(OrderPlaced).id for message in harness.visible_messages()] == ["1"]
    harness.expire_visibility()


def test_a_second_harness_uses_the_resources_of_the_first(mocked_aws: None) -> None:
    """A fixture and a test may make one each."""
    for _ in range(2):
        harness = ConsumerHarness(guarantee="lease", claim_check=True, publishes=(OrderPacked,))
    harness.send(OrderPlaced(id="1"))
    harness.run_until_idle(consumer)
    assert len(harness.published()) == 1


def test_a_harness_works_in_the_first_region_too(
    mocked_aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 accepts no location constraint there."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    aws.forget_clients()
    assert ConsumerHarness(claim_check=True).bucket == "test-claims"


def test_fifo_messages_have_a_group_and_an_order(mocked_aws: None) -> None:
    harness = ConsumerHarness(fifo=True)
    for name in ("1", "2"):
        harness.send(OrderPlaced(id=name))
    first, second = harness.visible_messages()
    assert [first.read(OrderPlaced).id, second.read(OrderPlaced).id] == ["1", "2"]
    assert first["Attributes"]["MessageGroupId"] == "group"


def test_two_fifo_messages_of_different_kinds_may_have_one_id(mocked_aws: None) -> None:
    harness = ConsumerHarness(fifo=True)
    same = Header(id="1")
    for message in (OrderPlaced(id="1"), OrderPacked(id="1"), OrderPlaced(id="1")):
        harness.send(message, same)

    assert [each.tag for each in harness.visible_messages()] == ["OrderPlaced", "OrderPacked"]


def test_a_handler_can_be_called_without_any_queue(harness: ConsumerHarness) -> None:
    response = consumer(event(sent(OrderPlaced(id="1"))), FakeLambdaContext())
    assert response == {"batchItemFailures": []}


def test_the_fake_context_counts_down_to_zero() -> None:
    context = FakeLambdaContext(0.05)
    assert 0 < context.get_remaining_time_in_millis() <= 50
    end = time.monotonic() + 5
    while context.get_remaining_time_in_millis() and time.monotonic() < end:
        pass
    assert context.get_remaining_time_in_millis() == 0
