"""The payload check: a message with the identity of another and a different body is no copy."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from messaging.aws import clients as aws
from messaging.policy import Guarantee, RetryPolicy
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, record, sent
from messaging.testing.events import from_sender
from messaging.wire import encoding as wire
from messaging.wire.header import Header
from tests.unit.messaging.doubles import accept, consumer_that, fail
from tests.unit.messaging.orders import OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]
both = pytest.mark.parametrize("guarantee", ["lease", "completion"])


def checking(make_harness: MakeHarness, guarantee: Guarantee = "lease", **more: Any) -> Any:
    return make_harness(guarantee=guarantee, payload_check=True, **more)


def item(harness: ConsumerHarness) -> dict[str, Any]:
    (found,) = aws.client("dynamodb").scan(TableName=harness.table)["Items"]
    return dict(found)


def order(name: str) -> dict[str, Any]:
    return sent(OrderPlaced(id=name), Header(id="same"))


def handled(*batches: list[dict[str, Any]]) -> list[str]:
    """Return the orders that are handled when these batches come."""
    seen: list[str] = []
    consumer = consumer_that(lambda order, _: seen.append(order.id))
    for batch in batches:
        assert consumer(event(*batch), FakeLambdaContext()) == {"batchItemFailures": []}
    return seen


@both
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
def test_another_body_with_the_same_identity_is_a_dead_letter(
    make_harness: MakeHarness, guarantee: Guarantee, together: bool
) -> None:
    harness = checking(make_harness, guarantee)
    first, second = order("1"), order("2")

    seen = handled(*([[first, second]] if together else [[first], [second]]))

    assert seen == ["1"]
    (letter,) = harness.dead_letters()
    assert letter.cause == "conflict"
    assert "the same identity and another body" in letter.reason
    assert letter.read(OrderPlaced).id == "2"


@both
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
def test_a_copy_is_skipped_as_ever(
    make_harness: MakeHarness, guarantee: Guarantee, together: bool
) -> None:
    harness, copy = checking(make_harness, guarantee), order("1")

    seen = handled(*([[copy, copy]] if together else [[copy], [copy]]))

    assert seen == ["1"]
    assert harness.dead_letters() == []
    assert len(harness.requeued()) == together, "in one batch it waits for the first"


def test_another_body_is_found_while_the_first_is_handled(make_harness: MakeHarness) -> None:
    harness = checking(make_harness)

    def overtaken(*_: object) -> None:
        consumer_that(fail)(event(order("2")), FakeLambdaContext())

    consumer_that(overtaken)(event(order("1")), FakeLambdaContext())

    assert [letter.read(OrderPlaced).id for letter in harness.dead_letters()] == ["2"]
    assert item(harness)["status"] == {"S": "done"}


def test_a_message_that_failed_comes_again_with_its_own_body(make_harness: MakeHarness) -> None:
    harness = checking(make_harness, retry=RetryPolicy(max_attempts=2, base=0))

    consumer_that(fail)(event(order("1")), FakeLambdaContext())
    (copy,) = harness.requeued()

    assert handled([record(copy["Body"], copy["MessageAttributes"])]) == ["1"]


@both
def test_the_item_holds_the_digest_of_the_body(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness, copy = checking(make_harness, guarantee), order("1")

    handled([copy])

    assert item(harness)["digest"] == {"B": hashlib.sha256(copy["body"].encode()).digest()}


@both
def test_without_the_check_nothing_is_added_or_compared(
    make_harness: MakeHarness, guarantee: Guarantee, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = make_harness(guarantee=guarantee)
    monkeypatch.setattr(hashlib, "sha256", None)

    seen = handled([order("1")], [order("2")])

    assert seen == ["1"]
    assert harness.dead_letters() == []
    assert "digest" not in item(harness)


@both
def test_items_from_before_the_check_was_set_are_of_copies(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    harness = make_harness(guarantee=guarantee)
    handled([order("1")])
    table = harness.table
    harness = checking(make_harness, guarantee)
    (old,) = aws.client("dynamodb").scan(TableName=table)["Items"]
    aws.client("dynamodb").put_item(TableName=harness.table, Item=old)

    assert handled([order("2")]) == []
    assert harness.dead_letters() == []


def stored(harness: ConsumerHarness, key: str, body: str) -> dict[str, Any]:
    """Store a body in S3; return the record of its message, whose identity is always the same."""
    aws.client("s3").put_object(Bucket=harness.bucket, Key=f"OrderPlaced/{key}", Body=body.encode())
    header = Header(id="same", dataref=f"s3://{harness.bucket}/OrderPlaced/{key}")
    return record("{}", from_sender(OrderPlaced(id="1"), header).attributes)


def test_of_a_stored_body_the_document_counts(make_harness: MakeHarness) -> None:
    harness = checking(make_harness, claim_check=True, claim_buckets={"OrderPlaced": "test-claims"})
    body = wire.to_json(OrderPlaced(id="1"))
    first, moved = stored(harness, "a", body), stored(harness, "b", body)
    other = stored(harness, "c", wire.to_json(OrderPlaced(id="2")))

    assert handled([first], [moved], [other]) == ["1"]
    assert [letter.cause for letter in harness.dead_letters()] == ["conflict"]


def test_one_idempotency_key_for_two_bodies_is_a_conflict_too(make_harness: MakeHarness) -> None:
    harness = checking(make_harness)
    consumer = consumer_that(accept, key=lambda _: "key")

    for name in "11":
        consumer(event(sent(OrderPlaced(id=name))), FakeLambdaContext())
    assert harness.dead_letters() == []
    consumer(event(sent(OrderPlaced(id="2"))), FakeLambdaContext())

    assert [letter.cause for letter in harness.dead_letters()] == ["conflict"]
