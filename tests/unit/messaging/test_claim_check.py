"""Claim check: a body that is too large for SNS travels through S3."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from messaging import Context, MessageLimitExceeded, PublishFailed
from messaging.aws import clients as aws
from messaging.limits import MAX_CLAIM_BYTES, MAX_TOPIC_BYTES
from messaging.policy import RetryPolicy
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, record, sent, state
from messaging.testing.message import Message
from messaging.wire.encoding import text
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Calls, accept, consumer_that, fail, instead
from tests.unit.messaging.orders import OrderPacked, OrderPlaced, publish_now

MakeHarness = Callable[..., ConsumerHarness]
CLAIMS: Any = {
    "claim_check": True,
    "claim_buckets": {"OrderPlaced": "test-claims", "OrderPacked": "test-claims"},
}
LARGE = OrderPacked(id="1", note="ß" * MAX_TOPIC_BYTES)


def down(**_: object) -> Any:
    raise ConnectTimeoutError(endpoint_url="https://s3")


def delivered(message: Message) -> dict[str, Any]:
    """Return a published message as a record."""
    return record(message["Body"], message["MessageAttributes"])


def claimed(
    harness: ConsumerHarness, body: str, key: str = "OrderPlaced/body.json"
) -> dict[str, Any]:
    """Return the record of an order whose body is in S3."""
    aws.client("s3").put_object(Bucket=harness.bucket, Key=key, Body=body.encode())
    return referring(f"s3://{harness.bucket}/{key}")


def referring(uri: str) -> dict[str, Any]:
    return sent(OrderPlaced(id="not this one"), Header(id="m", dataref=uri))


def test_a_large_body_travels_through_s3(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,), **CLAIMS)
    message_id = publish_now(LARGE)
    (message,) = harness.published()
    assert len(message["Body"]) < 100
    header = state(message["MessageAttributes"]["header"])
    assert header["dataref"] == f"s3://{harness.bucket}/OrderPacked/{message_id}.json"

    seen: list[tuple[OrderPacked, str]] = []
    consumer = consumer_that(accept)

    @consumer.on(OrderPacked)
    def packed(order: OrderPacked, context: Context) -> None:
        seen.append((order, context.body))

    consumer(event(delivered(message)), FakeLambdaContext())

    assert [order for order, _ in seen] == [LARGE]
    assert json.loads(seen[0][1])["note"] == LARGE.note, "the handler reads the document itself"


def test_a_body_that_fits_does_not_go_to_s3(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,), **CLAIMS)
    calls = Calls("s3")

    publish_now(OrderPacked(id="1"))

    assert calls.names == []
    assert [message.read(OrderPacked) for message in harness.published()] == [OrderPacked(id="1")]


def test_without_claim_check_a_large_body_is_refused_with_the_fix(
    make_harness: MakeHarness,
) -> None:
    make_harness(publishes=(OrderPacked,))
    with pytest.raises(MessageLimitExceeded, match="Set `claim_check=True` of the service"):
        publish_now(LARGE)


def test_a_handler_that_runs_again_stores_the_same_object(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,), **CLAIMS)
    record = sent(OrderPlaced(id="1"))
    for _ in range(2):
        consumer_that(lambda _, context: context.publish(LARGE))(event(record), FakeLambdaContext())

    assert len(harness.published()) == 2
    assert len(aws.client("s3").list_objects_v2(Bucket=harness.bucket)["Contents"]) == 1


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        pytest.param("s3://test-claims/OrderPlaced/gone.json", "is gone", id="deleted"),
        pytest.param("https://example.org/x", "is not in the bucket of", id="not in S3"),
        pytest.param("test-claims/OrderPlaced/x", "is not in the bucket of", id="no address"),
        pytest.param("s3://test-claims", "is not a body of", id="a bucket"),
        pytest.param("s3://test-claims/", "is not a body of", id="a bucket and no key"),
        pytest.param("s3:///OrderPlaced/x", "is not in the bucket of", id="no bucket"),
        pytest.param("s3://salaries/OrderPlaced/x", "is not in the bucket of", id="another bucket"),
        pytest.param("s3://test-claims/Salary/x", "is not a body of", id="another kind"),
        pytest.param("s3://test-claims/OrderPlaced", "is not a body of", id="no folder"),
    ],
)
def test_an_invalid_reference_is_dead_lettered_with_the_reason(
    make_harness: MakeHarness, uri: str, reason: str
) -> None:
    harness = make_harness(**CLAIMS)

    consumer_that(accept)(event(referring(uri)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert letter.cause == "invalid"
    assert reason in letter.reason


def test_a_body_that_does_not_fit_is_dead_lettered(make_harness: MakeHarness) -> None:
    harness = make_harness(**CLAIMS)

    consumer_that(accept)(event(claimed(harness, '{"id":1}')), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert "the body is not a OrderPlaced" in letter.reason


def test_while_s3_is_down_the_message_is_retried(make_harness: MakeHarness) -> None:
    harness = make_harness(**CLAIMS, retry=RetryPolicy(max_attempts=2, base=0))
    seen: list[str] = []
    record = claimed(harness, '{"id":"7"}')
    get = instead("s3", "get_object", down)

    consumer_that(accept)(event(record), FakeLambdaContext())
    (copy,) = harness.requeued()
    assert copy.attempt == 2
    instead("s3", "get_object", get)
    harness.run_until_idle(consumer_that(lambda order, _: seen.append(order.id)))

    assert seen == ["7"]


def test_when_s3_stays_down_the_message_is_dead_lettered(make_harness: MakeHarness) -> None:
    harness = make_harness(**CLAIMS, retry=RetryPolicy(max_attempts=1))
    record = claimed(harness, '{"id":"7"}')
    instead("s3", "get_object", down)

    consumer_that(accept)(event(record), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert (letter.cause, letter["Body"]) == ("attempts", record["body"])


def test_copies_have_the_reference_and_not_the_body(make_harness: MakeHarness) -> None:
    harness = make_harness(**CLAIMS, retry=RetryPolicy(max_attempts=2, base=0))
    record = claimed(harness, '{"id":"7"}')

    consumer_that(fail)(event(record), FakeLambdaContext())
    (copy,) = harness.requeued()
    harness.run_until_idle(consumer_that(fail))
    (letter,) = harness.dead_letters()

    for each in (copy, letter):
        assert each["Body"] == record["body"]
        assert state(each["MessageAttributes"]["header"])["dataref"].endswith("/body.json")


def test_a_body_that_could_not_be_stored_fails_its_record(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(publishes=(OrderPacked,), **CLAIMS)
    instead("s3", "put_object", down)
    harness.send(OrderPlaced(id="large"))
    harness.send(OrderPlaced(id="small"))

    def handle(order: OrderPlaced, context: Context) -> None:
        context.publish(LARGE if order.id == "large" else OrderPacked(id=order.id))

    harness.deliver(consumer_that(handle))

    assert [message.read(OrderPacked).id for message in harness.published()] == ["small"]
    (copy,) = harness.requeued()
    assert copy.read(OrderPlaced).id == "large"
    assert (copy.error or "").startswith("PublishFailed")


def test_publishing_at_once_fails_if_the_body_cannot_be_stored(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(publishes=(OrderPacked,), **CLAIMS)
    instead("s3", "put_object", down)

    with pytest.raises(PublishFailed, match="ConnectTimeoutError"):
        publish_now(LARGE)

    assert harness.published() == []


def test_a_message_from_outside_may_refer_to_its_body_too(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(**CLAIMS), list[str]()
    aws.client("s3").put_object(Bucket=harness.bucket, Key="OrderPlaced/b.json", Body=b'{"id":"7"}')
    header = text(f'{{"id":"x","dataref":"s3://{harness.bucket}/OrderPlaced/b.json"}}')
    harness.put("-", {"msgTag": text("OrderPlaced"), "header": header})

    harness.deliver(consumer_that(lambda order, _: seen.append(order.id)))

    assert seen == ["7"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(make_harness: MakeHarness) -> None:
    harness = make_harness(**CLAIMS)
    closed: list[bool] = []
    # No `read`.
    body = SimpleNamespace(close=lambda: closed.append(True))
    instead("s3", "get_object", lambda **_: {"Body": body, "ContentLength": MAX_CLAIM_BYTES + 1})

    uri = "s3://test-claims/OrderPlaced/large.json"
    consumer_that(accept)(event(referring(uri)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert (letter.cause, closed) == ("invalid", [True])
    assert f"has {MAX_CLAIM_BYTES + 1} bytes; the limit is {MAX_CLAIM_BYTES}" in letter.reason


def test_a_body_as_large_as_allowed_is_read(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(**CLAIMS), list[str]()
    record = claimed(harness, '{"id":"7"}'.ljust(MAX_CLAIM_BYTES))

    consumer_that(lambda order, _: seen.append(order.id))(event(record), FakeLambdaContext())

    assert seen == ["7"]


def test_a_body_that_nobody_would_read_is_not_stored(make_harness: MakeHarness) -> None:
    make_harness(publishes=(OrderPacked,), **CLAIMS)
    calls = Calls("s3")

    with pytest.raises(
        MessageLimitExceeded, match=f"the limit of a claim check is {MAX_CLAIM_BYTES}"
    ):
        publish_now(OrderPacked(id="1", note="x" * MAX_CLAIM_BYTES))

    assert calls.names == []


def test_a_body_that_is_no_text_is_dead_lettered(make_harness: MakeHarness) -> None:
    harness = make_harness(**CLAIMS)
    uri = f"s3://{harness.bucket}/OrderPlaced/x.json"
    aws.client("s3").put_object(Bucket=harness.bucket, Key="OrderPlaced/x.json", Body=b"\xff")

    consumer_that(accept)(event(referring(uri)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert letter.cause == "invalid"
    assert "is not UTF-8" in letter.reason


def test_a_body_is_read_only_from_where_the_topology_says(make_harness: MakeHarness) -> None:
    """Whatever the role of the function may read."""
    harness, calls = make_harness(claim_check=True), Calls("s3")

    uri = f"s3://{harness.bucket}/OrderPlaced/x.json"
    consumer_that(accept)(event(referring(uri)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert "is not in the bucket of OrderPlaced" in letter.reason
    assert calls.names == []
