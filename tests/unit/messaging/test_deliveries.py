"""The states of a delivery: what must not get lost between them, and what must not stay."""

import gc
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from messaging import Consumer, Context, Reject
from messaging.aws import clients as aws
from messaging.consumer.model.claim import Claim
from messaging.consumer.model.delivery import Ready
from messaging.consumer.model.outcome import Release, Skipped
from messaging.function.handlers import HandlerRegistration
from messaging.policy import Guarantee
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from messaging.wire.decoding import open_record
from tests.unit.messaging.doubles import consumer_that
from tests.unit.messaging.orders import OrderPlaced

CLAIM = Claim("key", "owner")
MakeHarness = Callable[..., ConsumerHarness]


class WarehouseError(Exception):
    """Something that can be referred to weakly, unlike Python's own exceptions."""


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("guarantee", ["at-least-once", "lease"])
def test_a_failed_batch_leaves_nothing_in_memory(
    make_harness: MakeHarness, guarantee: Guarantee, concurrency: int
) -> None:
    """An error leads by its traceback to the batch, and so to itself: a cycle."""
    make_harness(guarantee=guarantee, concurrency=concurrency)
    errors: list[weakref.ref[BaseException]] = []

    def fail(order: OrderPlaced, _: Context) -> None:
        error = Reject("no") if order.id == "1" else WarehouseError("no")
        errors.append(weakref.ref(error))
        raise error

    consumer = consumer_that(fail)
    consumer(event(*(sent(OrderPlaced(id=str(n))) for n in range(4))), FakeLambdaContext())
    gc.collect()

    assert len(errors) == 4
    assert [error for error in errors if error() is not None] == []


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("guarantee", ["lease", "completion"])
def test_one_record_twice_in_a_batch_is_handled_once(
    make_harness: MakeHarness, guarantee: Guarantee, concurrency: int
) -> None:
    harness, seen = make_harness(guarantee=guarantee, concurrency=concurrency), list[str]()
    record = sent(OrderPlaced(id="1"), sqs_id="same")

    consumer_that(lambda order, _: seen.append(order.id))(
        event(record, dict(record)), FakeLambdaContext()
    )

    assert seen == ["1"]
    assert len(harness.requeued()) == 1


@pytest.mark.parametrize("guarantee", ["lease", "completion"])
def test_what_is_done_is_noted_before_a_dead_letter_of_another_leaves(
    make_harness: MakeHarness, guarantee: Guarantee
) -> None:
    """A process that ends while the dead letter is sent must not forget the successes."""
    make_harness(guarantee=guarantee)
    calls: list[str] = []

    def note(params: Mapping[str, Any], model: Any, **_: object) -> None:
        calls.append(model.name)

    for service in ("sqs", "dynamodb"):
        aws.client(service).meta.events.register(f"provide-client-params.{service}", note)

    def reject_second(order: OrderPlaced, _: Context) -> None:
        if order.id == "2":
            raise Reject("no")

    records = [sent(OrderPlaced(id=id_)) for id_ in ("1", "2")]
    consumer_that(reject_second)(event(*records), FakeLambdaContext())

    assert calls.index("BatchWriteItem") < calls.index("SendMessageBatch")


def test_a_claim_stays_with_its_delivery_whatever_its_outcome_becomes() -> None:
    consumer = Consumer()
    consumer.on(OrderPlaced)(lambda order, context: None)
    registration: HandlerRegistration = consumer._handlers["OrderPlaced"]
    record = sent(OrderPlaced(id="1"))
    ready = Ready(
        record=record,
        envelope=open_record(record),
        registration=registration,
        message=OrderPlaced(id="1"),
    )

    skipped = ready.claimed(CLAIM).decided(Skipped("late"))
    assert skipped.decided(Release("a message before it is not done")).claim == CLAIM
