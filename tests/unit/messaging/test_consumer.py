"""What becomes of a message, by what its handler does."""

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest

from messaging import Consumer, Context, Reject, Retry
from messaging.policy import RetryPolicy
from messaging.settings import Settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, Sender, event, sent, state
from messaging.wire.encoding import from_event, text, to_json
from messaging.wire.header import RetryState
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]


def consumer_that(do: Callable[[OrderPlaced, Context], object]) -> Consumer:
    """Return a consumer whose handler of OrderPlaced is `do`."""
    consumer = Consumer()

    @consumer.on(OrderPlaced)
    def handle(order: OrderPlaced, context: Context) -> None:
        do(order, context)

    return consumer


def fail(*_: object) -> NoReturn:
    raise ConnectionError("the warehouse does not answer")


def put(make_harness: ConsumerHarness, order: OrderPlaced) -> dict[str, Any]:
    """Put `order` on the make_harness's queue as a service would; return its record."""
    record = sent(order)
    make_harness.put(record["body"], from_event(record["messageAttributes"]))
    return record


def test_a_handled_message_leaves_its_queue(make_harness: MakeHarness) -> None:
    harness = make_harness()
    seen: list[OrderPlaced] = []
    put(harness, OrderPlaced(id="1", total=2.5))

    response = harness.deliver(consumer_that(lambda order, _: seen.append(order)))

    assert response == {"batchItemFailures": []}
    assert seen == [OrderPlaced(id="1", total=2.5)]
    assert harness.visible_messages() == harness.dead_letters() == []


def test_the_handler_is_told_about_its_message(make_harness: MakeHarness) -> None:
    harness = make_harness()
    seen: list[Context] = []
    header = state(put(harness, OrderPlaced(id="1"))["messageAttributes"]["header"])

    harness.deliver(consumer_that(lambda _, context: seen.append(context)))

    (context,) = seen
    assert context.message_id == context.correlation_id == header["id"]
    assert (context.attempt, context.from_service) == (1, "Sender")
    assert 20 < context.remaining() < 30


def test_a_failed_message_returns_with_a_higher_attempt_and_its_error(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness()
    record = put(harness, OrderPlaced(id="1"))

    response = harness.deliver(consumer_that(fail))

    assert response == {"batchItemFailures": []}
    (copy,) = harness.visible_messages()
    assert copy["Body"] == record["body"]
    attributes = copy["MessageAttributes"]
    retry = state(attributes["retry"])
    assert retry["attempt"] == 2
    assert retry["error"] == "ConnectionError: the warehouse does not answer"
    assert attributes["header"] == from_event(record["messageAttributes"])["header"]
    assert attributes["total"] == {"DataType": "Number", "StringValue": "1.0"}


def test_a_message_that_fails_twice_succeeds_at_the_third_attempt(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness()
    attempts: list[tuple[str, int]] = []

    def third_time_lucky(_: OrderPlaced, context: Context) -> None:
        attempts.append((context.message_id, context.attempt))
        if context.attempt < 3:
            fail()

    put(harness, OrderPlaced(id="1"))
    consumer = consumer_that(third_time_lucky)
    while harness.deliver(consumer):
        pass

    assert [attempt for _, attempt in attempts] == [1, 2, 3]
    assert len({message_id for message_id, _ in attempts}) == 1, "the id survives requeueing"
    assert harness.dead_letters() == []


def test_a_message_that_used_up_its_attempts_is_dead_lettered_with_the_reason(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(retry=RetryPolicy(max_attempts=3, base=0))
    record = put(harness, OrderPlaced(id="1"))
    consumer = consumer_that(fail)
    runs = 0
    while harness.deliver(consumer):
        runs += 1

    (letter,) = harness.dead_letters()
    assert runs == 3
    assert letter["Body"] == record["body"]
    assert "retry" not in letter["MessageAttributes"]
    why = state(letter["MessageAttributes"]["deadLetter"])
    assert why["reason"] == (
        "all 3 attempts failed, the last with ConnectionError: the warehouse does not answer"
    )
    assert (why["errorType"], why["attempts"]) == ("ConnectionError", 3)
    assert why["messageId"] == state(record["messageAttributes"]["header"])["id"]
    assert (why["service"], why["consumer"], why["requestId"]) == ("Test", "work", "request-1")
    assert any("test_consumer.py" in frame and frame.endswith(" fail") for frame in why["stack"])
    assert why["firstReceived"] <= why["deadLettered"]


def test_a_rejected_message_is_dead_lettered_at_once(make_harness: MakeHarness) -> None:
    harness = make_harness()
    put(harness, OrderPlaced(id="1"))

    def refuse(*_: object) -> None:
        raise Reject("the customer is unknown")

    harness.deliver(consumer_that(refuse))

    (letter,) = harness.dead_letters()
    assert state(letter["MessageAttributes"]["deadLetter"])["reason"] == "the customer is unknown"


def test_an_exception_declared_non_retryable_is_never_retried(make_harness: MakeHarness) -> None:
    harness = make_harness()
    put(harness, OrderPlaced(id="1"))
    consumer = Consumer(non_retryable=(LookupError,))

    @consumer.on(OrderPlaced)
    def look_up(order: OrderPlaced, context: Context) -> None:
        raise KeyError(order.id)

    harness.deliver(consumer)

    (letter,) = harness.dead_letters()
    reason = state(letter["MessageAttributes"]["deadLetter"])["reason"]
    assert reason == "KeyError is declared non-retryable: '1'"


def test_the_handler_may_choose_when_to_be_tried_again(make_harness: MakeHarness) -> None:
    harness = make_harness()
    put(harness, OrderPlaced(id="1"))

    def in_an_hour(*_: object) -> None:
        raise Retry("the shop is closed", delay=3_600)

    before = time.time()
    harness.deliver(consumer_that(in_an_hour))

    assert harness.visible_messages() == [], "the copy waits out its delay"
    entry = _only_delayed(harness)
    assert entry["delay"] == 3_600
    assert before + 3_599 < _epoch(entry["notbefore"]) < time.time() + 3_601


def test_a_message_that_is_not_due_is_requeued_without_costing_an_attempt(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness()
    ran: list[object] = []
    record = sent(OrderPlaced(id="1"), sender=Sender.CONSUMER)
    past = RetryState(
        attempt=3,
        firstreceived=datetime.now(UTC) - timedelta(hours=1),
        notbefore=datetime.now(UTC) + timedelta(days=1),
        delay=90_000,
        error="closed",
    )
    record["messageAttributes"]["retry"] = {"dataType": "String", "stringValue": to_json(past)}

    consumer_that(lambda order, _: ran.append(order))(event(record), FakeLambdaContext())

    assert ran == []
    entry = _only_delayed(harness)
    assert (entry["attempt"], entry["error"], entry["delay"]) == (3, "closed", 90_000)


def test_a_message_due_in_the_far_future_is_dead_lettered(make_harness: MakeHarness) -> None:
    harness = make_harness()
    record = sent(OrderPlaced(id="1"), sender=Sender.CONSUMER)
    far = '{"attempt":1,"firstreceived":"2026-01-01T00:00:00Z","notbefore":"9999-01-01T00:00:00Z"}'
    record["messageAttributes"]["retry"] = {"dataType": "String", "stringValue": far}

    consumer_that(fail)(event(record), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert "not due" in state(letter["MessageAttributes"]["deadLetter"])["reason"]


def test_a_message_older_than_the_policy_allows_is_dead_lettered(make_harness: MakeHarness) -> None:
    harness = make_harness(retry=RetryPolicy(max_attempts=100, base=0, max_age=60))
    an_hour_ago = int((time.time() - 3_600) * 1000)

    consumer_that(fail)(
        event(sent(OrderPlaced(id="1"), first_received_ms=an_hour_ago)), FakeLambdaContext()
    )

    (letter,) = harness.dead_letters()
    assert "60 s after the first" in state(letter["MessageAttributes"]["deadLetter"])["reason"]


def test_a_handler_that_exits_the_process_fails_alone(make_harness: MakeHarness) -> None:
    harness = make_harness()
    put(harness, OrderPlaced(id="1"))

    harness.deliver(consumer_that(lambda *_: sys.exit(3)))

    (copy,) = harness.visible_messages()
    assert state(copy["MessageAttributes"]["retry"])["error"] == "SystemExit: 3"


def test_a_hung_handler_fails_alone_and_its_batch_mates_survive(make_harness: MakeHarness) -> None:
    harness = make_harness()
    done: list[str] = []

    def hang_on_one(order: OrderPlaced, _: Context) -> None:
        if order.id == "hangs":
            time.sleep(60)
        done.append(order.id)

    for name in ("hangs", "a", "b"):
        put(harness, OrderPlaced(id=name))
    started = time.monotonic()
    response = harness.deliver(consumer_that(hang_on_one), seconds=2)

    assert time.monotonic() - started < 2
    assert response == {"batchItemFailures": []}
    assert sorted(done) == ["a", "b"]
    (copy,) = harness.visible_messages()
    assert state(copy["MessageAttributes"]["retry"])["error"].startswith("HandlerTimedOut")


def test_a_handler_that_swallows_its_interruption_is_interrupted_again(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(handler_timeout=0.2)
    put(harness, OrderPlaced(id="1"))

    def stubborn(*_: object) -> None:
        try:
            time.sleep(60)
        except BaseException:  # noqa: BLE001 - that is what this handler is stubborn about
            time.sleep(60)

    harness.deliver(consumer_that(stubborn), seconds=10)

    (copy,) = harness.visible_messages()
    assert state(copy["MessageAttributes"]["retry"])["error"].startswith("HandlerTimedOut")


def test_close_to_the_deadline_messages_go_back_and_cost_no_attempt(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness()
    put(harness, OrderPlaced(id="1"))

    response = harness.deliver(consumer_that(fail), seconds=0.3)

    assert response == {"batchItemFailures": []}
    (copy,) = harness.visible_messages()
    assert state(copy["MessageAttributes"]["retry"])["attempt"] == 1
    assert copy["Attributes"]["ApproximateReceiveCount"] == "1", "it is no suspect"


def test_what_a_handler_publishes_leaves_after_it_succeeded(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,))
    header = state(put(harness, OrderPlaced(id="1"))["messageAttributes"]["header"])

    def pack(order: OrderPlaced, context: Context) -> None:
        context.publish(OrderPacked(id=order.id))
        assert harness.published() == [], "held back"

    harness.deliver(consumer_that(pack))

    (message,) = harness.published()
    assert message["Body"] == '{"id":"1","note":""}'
    out = state(message["MessageAttributes"]["header"])
    assert out["correlationid"] == out["causationid"] == header["id"]
    assert out["hops"] == 1


def test_a_failed_handler_publishes_nothing(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,))
    put(harness, OrderPlaced(id="1"))

    def pack_and_fail(order: OrderPlaced, context: Context) -> None:
        context.publish(OrderPacked(id=order.id))
        fail()

    harness.deliver(consumer_that(pack_and_fail))

    assert harness.published() == []


def test_a_repeated_handler_publishes_the_same_ids_again(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,))
    record = sent(OrderPlaced(id="1"))

    def pack_two(order: OrderPlaced, context: Context) -> None:
        context.publish(OrderPacked(id=order.id, note="first"))
        context.publish(OrderPacked(id=order.id, note="second"))

    consumer = consumer_that(pack_two)
    for _ in range(2):
        consumer(event(record), FakeLambdaContext())

    ids = [state(message["MessageAttributes"]["header"])["id"] for message in harness.published()]
    assert len(ids) == 4
    assert len(set(ids)) == 2


@pytest.mark.parametrize("count", [1, 10, 11, 25])
def test_a_batch_of_failures_is_requeued_in_batches_of_ten(
    make_harness: MakeHarness, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = make_harness()
    calls = _count_calls(monkeypatch)

    consumer_that(fail)(
        event(*(sent(OrderPlaced(id=str(n))) for n in range(count))), FakeLambdaContext()
    )

    assert calls == ["SendMessageBatch"] * ((count + 9) // 10)
    assert len(harness.visible_messages()) == count


def test_a_large_batch_of_failures_is_cut_by_bytes(
    make_harness: MakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = make_harness()
    calls = _count_calls(monkeypatch)
    tag = {"msgTag": {"dataType": "String", "stringValue": "OrderPlaced"}}
    big = [sent(OrderPlaced(id="x" * 200)) for _ in range(4)]
    for record in big:
        record["body"] = record["body"] + " " * 400_000
        record["messageAttributes"] = tag

    response = consumer_that(fail)(event(*big), FakeLambdaContext())

    assert response == {"batchItemFailures": []}
    assert calls == ["SendMessageBatch"] * 2
    assert len(harness.visible_messages()) == 4


def test_a_message_that_cannot_be_requeued_stays_in_its_queue(make_harness: MakeHarness) -> None:
    harness = make_harness()
    put(harness, OrderPlaced(id="1"))
    _break_queue(harness)

    response = harness.deliver(consumer_that(fail))

    assert response is not None
    assert len(response["batchItemFailures"]) == 1


def test_a_message_that_cannot_be_requeued_fails_the_batch_where_that_is_asked_for(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(on_requeue_failure="raise")
    put(harness, OrderPlaced(id="1"))
    _break_queue(harness)

    with pytest.raises(Exception, match="1 of 1 messages could not be requeued"):
        harness.deliver(consumer_that(fail))


def test_one_failure_does_not_touch_its_batch_mates(make_harness: MakeHarness) -> None:
    harness = make_harness()
    for name in ("good", "bad", "fine"):
        put(harness, OrderPlaced(id=name))

    def fail_on_bad(order: OrderPlaced, _: Context) -> None:
        if order.id == "bad":
            fail()

    harness.deliver(consumer_that(fail_on_bad))

    (copy,) = harness.visible_messages()
    assert '"bad"' in copy["Body"]


def test_logs_name_the_message_and_never_its_body(
    make_harness: MakeHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = make_harness()
    put(harness, OrderPlaced(id="secret-order"))

    def tell_all(order: OrderPlaced, _: Context) -> None:
        raise ValueError(f"cannot pack {order.id}")

    harness.deliver(consumer_that(tell_all))

    line = capsys.readouterr().out
    assert '"event":"requeued"' in line
    assert '"errorType":"ValueError"' in line
    assert "secret-order" not in line


def test_the_function_refuses_an_event_that_is_no_batch(make_harness: MakeHarness) -> None:
    make_harness()
    with pytest.raises(Exception, match="no request of an HTTP API, and no direct invocation"):
        consumer_that(fail)({"hello": "world"}, FakeLambdaContext())


def test_a_second_handler_for_one_message_is_refused() -> None:
    consumer = consumer_that(fail)
    with pytest.raises(ValueError, match="OrderPlaced has a handler already"):
        consumer.on(OrderPlaced)(fail)


def _epoch(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def _only_delayed(make_harness: ConsumerHarness) -> Any:
    """Return the retry state of the one delayed message; moto shows it without waiting."""
    from moto.sqs.models import sqs_backends

    backend = sqs_backends["123456789012"][os.environ["AWS_DEFAULT_REGION"]]
    (message,) = backend.queues["test-work"]._messages
    assert 890 < message.delayed_until / 1000 - time.time() <= 900
    return state({"StringValue": message.message_attributes["retry"]["StringValue"]})


def _count_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    from messaging.aws import clients as aws

    calls: list[str] = []
    meta = aws.client("sqs").meta.events
    meta.register("before-call.sqs", lambda model, **_: calls.append(model.name))
    return calls


def _break_queue(make_harness: ConsumerHarness) -> None:
    """Let the runtime believe in a queue that does not exist."""
    config = Settings.from_environment(os.environ)
    assert config.consumer is not None
    import msgspec

    broken = msgspec.structs.replace(config.consumer, queue_url=make_harness.queue + "-gone")
    make_harness.use(msgspec.structs.replace(config, consumer=broken))


def test_attributes_of_a_stranger_survive_requeueing(make_harness: MakeHarness) -> None:
    harness = make_harness()
    attributes = {"msgTag": text("OrderPlaced")} | {f"x{n}": text(str(n)) for n in range(9)}
    harness.put('{"id":"1"}', attributes)
    attempts: list[int] = []

    def fail_twice(_: OrderPlaced, context: Context) -> None:
        attempts.append(context.attempt)
        if context.attempt < 3:
            fail()
        raise Reject("enough")

    consumer = consumer_that(fail_twice)
    while harness.deliver(consumer):
        pass

    assert attempts == [1, 2, 3]
    (letter,) = harness.dead_letters()
    assert len(letter["MessageAttributes"]) == 10
    inside = state(letter["MessageAttributes"]["deadLetter"])["attributes"]
    names = set(letter["MessageAttributes"]) | set(inside)
    assert names == set(attributes) | {"header", "deadLetter"}
