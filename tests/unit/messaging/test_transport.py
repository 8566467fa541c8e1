"""What NServiceBus asks of every transport, asked of this one, item by item.

The items are the test names of its transport and SQS acceptance suites (August 2026); the tests are
our own. Each names its items with `covers`; `ELSEWHERE` says where others are tested, `NOT_OURS`
why some do not apply.
"""

import importlib
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec
import pytest

from messaging import Context, MessageLimitExceeded, Retry
from messaging.limits import MAX_TOPIC_BYTES
from messaging.policy import RetryPolicy
from messaging.settings import settings
from messaging.testing import (
    ConsumerHarness,
    FakeLambdaContext,
    Sender,
    event,
    record,
    sent,
    state,
)
from messaging.wire.encoding import from_event, text, to_json
from messaging.wire.header import RETRY, Header, RetryState
from tests.unit.messaging.doubles import Calls, accept, consumer_that, fail, instead
from tests.unit.messaging.orders import OrderPacked, OrderPlaced, publish_now

MakeHarness = Callable[..., ConsumerHarness]
Test = TypeVar("Test", bound=Callable[..., None])

ITEMS: Final = frozenset(
    {
        "on_message_throws",
        "on_message_throws_after_immediate_retry",
        "on_message_throws_after_delayed_retry",
        "on_error_throws",
        "failure_happens_after_send",
        "failure_happens_after_isolated_send",
        "modifying_headers_before_retry",
        "modifying_headers_before_on_error",
        "stopping_on_message",
        "stopping_on_error",
        "concurrency_raised",
        "concurrency_lowered",
        "unicode_headers",
        "sending_poison_messages",
        "sending_to_non_existing_queues",
        "batching_many_small_events",
        "concurrent_subscribe",
        "policies_with_many_topics",
        "delayed_delivery_over_several_cycles",
        "invalid_sqs_characters",
        "oversize_without_bucket",
        "renewing_visibility",
        "renewing_visibility_fails",
        "publisher_first_migration",
        "subscriber_first_migration",
        "moving_to_the_error_queue",
    }
)
# Item -> module and test.
ELSEWHERE: Final = {
    "moving_to_the_error_queue": (
        "test_consumer",
        "test_a_message_that_used_up_its_attempts_is_dead_lettered_with_the_reason",
    ),
    "stopping_on_message": (
        "test_isolation",
        "test_batch_mates_succeed_and_the_guilty_is_dead_lettered",
    ),
    "stopping_on_error": (
        "test_idempotency",
        "test_a_crash_while_a_failure_is_settled_loses_nothing_and_adds_no_attempt",
    ),
}
# Item -> the reason.
NOT_OURS: Final = {
    "concurrency_raised": "Lambda's event source mapping decides; an invocation has a fixed number",
    "concurrency_lowered": "as when it is raised",
    "concurrent_subscribe": "CloudFormation subscribes, one deployment at a time",
    "policies_with_many_topics": "a queue's policy is the stacks' concern, and tested there",
    "renewing_visibility": "an invocation is over long before the visibility timeout, six times it",
    "renewing_visibility_fails": "nothing is renewed",
    "publisher_first_migration": "there is no older way of subscribing to migrate from",
    "subscriber_first_migration": "there is no older way of subscribing to migrate from",
}

_covered: set[str] = set()


def covers(*items: str) -> Callable[[Test], Test]:
    """Say which items the decorated test stands for."""

    def note(test: Test) -> Test:
        _covered.update(items)
        return test

    return note


def test_every_item_is_covered_or_has_a_reason_not_to_be() -> None:
    places = [_covered, set(ELSEWHERE), set(NOT_OURS)]
    assert set().union(*places) == ITEMS
    assert sum(map(len, places)) == len(ITEMS), "each in one harness only"


@pytest.mark.parametrize(("module", "test"), ELSEWHERE.values())
def test_what_is_said_to_be_tested_elsewhere_is(module: str, test: str) -> None:
    assert callable(getattr(importlib.import_module(f"tests.unit.messaging.{module}"), test))


@covers("on_message_throws")
def test_an_exception_is_passed_on_with_the_message_as_it_was(make_harness: MakeHarness) -> None:
    harness = make_harness()
    message_id = harness.send(OrderPlaced(id="1", total=2.5))

    response = harness.deliver(consumer_that(fail))

    assert response == {"batchItemFailures": []}
    (copy,) = harness.visible_messages()
    assert copy.id == message_id
    assert copy.read(OrderPlaced) == OrderPlaced(id="1", total=2.5)
    assert copy.error == "ConnectionError: the warehouse does not answer"


def attempts_with(harness: ConsumerHarness, error: Exception) -> list[tuple[str, int]]:
    """Let every attempt raise `error`, one delivery after the other; return id and attempt."""
    seen: list[tuple[str, int]] = []

    def handle(_: OrderPlaced, context: Context) -> None:
        seen.append((context.message_id, context.attempt))
        raise error

    harness.run_until_idle(consumer_that(handle))
    return seen


@covers("on_message_throws_after_immediate_retry")
def test_an_exception_at_a_retry_without_delay_is_one_attempt_more(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(retry=RetryPolicy(max_attempts=3, base=0))
    message_id = harness.send(OrderPlaced(id="1"))

    assert attempts_with(harness, ValueError("no")) == [(message_id, n) for n in (1, 2, 3)]
    assert [letter.cause for letter in harness.dead_letters()] == ["attempts"]


@covers("on_message_throws_after_delayed_retry")
def test_an_exception_at_a_delayed_retry_is_one_attempt_more(make_harness: MakeHarness) -> None:
    harness = make_harness(retry=RetryPolicy(max_attempts=3, base=100, jitter="none"))
    harness.send(OrderPlaced(id="1"))

    harness.deliver(consumer_that(fail))
    (first,) = harness.requeued()
    assert (first.attempt, first.delay) == (2, 100)
    assert harness.visible_messages() == [], "not before its time"

    # Its time has come.
    consumer_that(fail)(
        event(record(first["Body"], first["MessageAttributes"], sender=Sender.CONSUMER)),
        FakeLambdaContext(),
    )
    second = harness.requeued()[1]
    assert (second.attempt, second.delay) == (3, 200)


@covers("on_error_throws")
@pytest.mark.parametrize("policy", [RetryPolicy(), RetryPolicy(max_attempts=1)])
def test_when_recovering_fails_the_message_is_delivered_again(
    make_harness: MakeHarness, policy: RetryPolicy
) -> None:
    harness, seen = make_harness(retry=policy), list[str]()
    harness.send(OrderPlaced(id="1"))
    instead("sqs", "send_message_batch", lambda **_: 1 / 0)

    response = harness.deliver(consumer_that(fail))

    assert response is not None
    assert len(response["batchItemFailures"]) == 1
    harness.expire_visibility()
    (message,) = harness.visible_messages()
    assert message.read(OrderPlaced).id == "1"
    assert seen == []


def publish_then_fail(order: OrderPlaced, context: Context) -> None:
    context.publish(OrderPacked(id=order.id))
    fail()


@covers("failure_happens_after_send")
def test_a_failure_after_publishing_leaves_no_ghost_messages(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,), retry=RetryPolicy(max_attempts=2, base=0))
    calls = Calls("sns")
    harness.send(OrderPlaced(id="1"))

    harness.run_until_idle(consumer_that(publish_then_fail))

    assert calls.names == []
    assert harness.published() == []


@covers("failure_happens_after_isolated_send")
def test_what_was_published_at_once_stays_published_when_the_handler_fails(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(publishes=(OrderPacked,))

    def handle(order: OrderPlaced, context: Context) -> None:
        publish_now(OrderPacked(id=order.id), context.correlation_id)
        fail()

    harness.send(OrderPlaced(id="1"))
    harness.deliver(consumer_that(handle))

    assert [message.read(OrderPacked).id for message in harness.published()] == ["1"]
    assert [copy.attempt for copy in harness.requeued()] == [2]


def tamper(order: OrderPlaced, context: Context) -> None:
    for thing, name in ((order, "id"), (context, "attempt"), (context, "message_id")):
        with pytest.raises(AttributeError):
            setattr(thing, name, "changed")
    fail()


@covers("modifying_headers_before_retry", "modifying_headers_before_on_error")
@pytest.mark.parametrize("most", [1, 2])
def test_a_handler_cannot_change_what_is_retried_or_dead_lettered(
    make_harness: MakeHarness, most: int
) -> None:
    harness = make_harness(retry=RetryPolicy(max_attempts=most, base=0))
    original = sent(OrderPlaced(id="1"))

    consumer_that(tamper)(event(original), FakeLambdaContext())

    (message,) = [*harness.visible_messages(), *harness.dead_letters()]
    assert message["Body"] == original["body"]
    for name, value in from_event(original["messageAttributes"]).items():
        assert message["MessageAttributes"][name] == value


@covers("unicode_headers")
def test_text_in_any_script_survives_in_attributes(make_harness: MakeHarness) -> None:
    """Through a requeue and into the dead letter: where it came from, and what it says."""
    harness = make_harness(retry=RetryPolicy(max_attempts=2, base=0))
    strange = "Grüße, 世界 🦄 \u200b"
    header = Header(id="1", source=strange, correlationid=strange)
    harness.send(OrderPlaced(id=strange), header)

    def fail_in_unicode(order: OrderPlaced, context: Context) -> None:
        assert context.correlation_id == order.id == strange
        raise ValueError(strange)

    harness.run_until_idle(consumer_that(fail_in_unicode))

    (letter,) = harness.dead_letters()
    assert strange in letter.reason
    assert state(letter["MessageAttributes"]["header"])["correlationid"] == strange


@covers("sending_poison_messages")
@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(record(""), id="nothing"),
        pytest.param(record("{"), id="half a document"),
        pytest.param(record("{}", {"msgTag": text("OrderPlaced")}), id="not what it says"),
        pytest.param(record("{}", {"msgTag": text("Poison")}), id="unknown"),
        pytest.param(
            record("{}", {"msgTag": text("OrderPlaced"), "header": text("[]")}), id="header"
        ),
        pytest.param(
            record(
                '{"id":"1"}',
                {
                    "msgTag": text("OrderPlaced"),
                    "retry": text(
                        '{"attempt":1,"firstreceived":"2026-01-01T00:00:00Z",'
                        '"notbefore":"2999-01-01T00:00:00Z","attributes":{"x":{}}}'
                    ),
                },
                sender=Sender.CONSUMER,
            ),
            id="attributes that are none",
        ),
    ],
)
def test_poison_goes_to_the_dead_letter_queue_and_harms_nobody(
    make_harness: MakeHarness, poison: dict[str, Any]
) -> None:
    harness, seen = make_harness(), list[str]()
    poison = {**poison, "body": poison["body"] or " "}

    response = consumer_that(lambda order, _: seen.append(order.id))(
        event(sent(OrderPlaced(id="a")), poison, sent(OrderPlaced(id="b"))), FakeLambdaContext()
    )

    assert response == {"batchItemFailures": []}
    assert seen == ["a", "b"]
    assert [letter.cause for letter in harness.dead_letters()] == ["invalid"]


@covers("sending_to_non_existing_queues")
@pytest.mark.parametrize("queue", ["queue_url", "dead_letter_queue_url"])
def test_a_queue_that_is_gone_loses_no_message(make_harness: MakeHarness, queue: str) -> None:
    harness = make_harness(
        retry=RetryPolicy(max_attempts=1 if queue == "dead_letter_queue_url" else 2)
    )
    config = settings()
    assert config.consumer is not None
    gone = msgspec.structs.replace(config.consumer, **{queue: harness.queue + "-gone"})
    harness.use(msgspec.structs.replace(config, consumer=gone))
    harness.send(OrderPlaced(id="1"))

    response = harness.deliver(consumer_that(fail))

    assert response is not None
    assert len(response["batchItemFailures"]) == 1


@covers("batching_many_small_events")
def test_many_small_events_leave_ten_at_a_time_and_all_arrive(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,))
    calls = Calls("sns")

    def handle(order: OrderPlaced, context: Context) -> None:
        for n in range(7):
            context.publish(OrderPacked(id=f"{order.id}-{n}"))

    for n in range(5):
        harness.send(OrderPlaced(id=str(n)))
    harness.deliver(consumer_that(handle))

    assert calls.names == ["PublishBatch"] * 4
    heard = [message.read(OrderPacked).id for message in harness.published()]
    assert sorted(heard) == sorted(f"{order}-{n}" for order in range(5) for n in range(7))


def test_a_large_batch_is_settled_with_several_calls_at_a_time(make_harness: MakeHarness) -> None:
    """One after the other they would outlast what is kept back of the invocation for them."""
    make_harness()
    all_there, seen = threading.Barrier(10), list[int]()

    def together(Entries: list[object], **_: object) -> dict[str, Any]:  # noqa: N803 - its name
        all_there.wait(20)
        seen.append(len(Entries))
        return {}

    instead("sqs", "send_message_batch", together)
    records = [sent(OrderPlaced(id=str(n))) for n in range(200)]

    response = consumer_that(fail)(event(*records), FakeLambdaContext())

    assert response == {"batchItemFailures": []}
    assert seen == [10] * 20


@covers("delayed_delivery_over_several_cycles")
def test_a_wait_of_an_hour_takes_passes_of_a_quarter_and_one_attempt(
    make_harness: MakeHarness,
) -> None:
    harness, passes = make_harness(), list[tuple[int, float]]()

    def in_an_hour(*_: object) -> None:
        raise Retry(delay=3_600)

    harness.send(OrderPlaced(id="1"))
    harness.deliver(consumer_that(in_an_hour))
    for done in itertools.count(1):
        (copy,) = harness.requeued()[-1:]
        passes.append((copy.attempt, copy["DelaySeconds"]))
        # A quarter of an hour later, as the message sees it.
        past = msgspec.json.decode(copy["MessageAttributes"][RETRY]["StringValue"], type=RetryState)
        assert past.notbefore is not None
        earlier = msgspec.structs.replace(
            past, notbefore=past.notbefore - timedelta(seconds=copy["DelaySeconds"])
        )
        attributes = {**copy["MessageAttributes"], RETRY: text(to_json(earlier))}
        consumer_that(accept)(
            event(record(copy["Body"], attributes, sender=Sender.CONSUMER)), FakeLambdaContext()
        )
        if len(harness.requeued()) == done:
            break

    assert passes[:4] == [(2, 900)] * 4
    assert len(passes) <= 5, "and at most a second for the rounding"
    assert earlier.notbefore is not None
    assert earlier.notbefore <= datetime.now(UTC)


@covers("invalid_sqs_characters")
def test_characters_that_sqs_refuses_arrive_all_the_same(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,))
    strange = "\x00\x08\x0b\x0c\x1f\ufffe\uffff"

    publish_now(OrderPacked(id=strange), strange)

    (message,) = harness.published()
    assert message.read(OrderPacked).id == strange
    assert state(message["MessageAttributes"]["header"])["correlationid"] == strange
    allowed = {"\t", "\n", "\r"}
    assert all(each in allowed or " " <= each < "\ufffe" for each in message["Body"])


@covers("oversize_without_bucket")
def test_a_message_too_large_for_sns_is_refused_where_it_is_made(make_harness: MakeHarness) -> None:
    """The handler learns of it, and its record is a dead letter, not lost."""
    harness = make_harness(publishes=(OrderPacked,))
    errors: list[Exception] = []

    def handle(_: OrderPlaced, context: Context) -> None:
        try:
            context.publish(OrderPacked(id="x" * MAX_TOPIC_BYTES))
        except MessageLimitExceeded as error:
            errors.append(error)
            raise

    harness.send(OrderPlaced(id="1"))
    harness.deliver(consumer_that(handle))

    assert len(errors) == 1
    assert harness.requeued() == []
    (letter,) = harness.dead_letters()
    assert letter.reason.startswith("MessageLimitExceeded: OrderPacked has ")
    assert harness.published() == []
