"""The handlers and tests of docs/runtime.md, which quotes them."""

from moto import mock_aws

from messaging import Consumer, Context, Reject, Retry
from messaging.testing import ConsumerHarness, assert_repeatable
from tests.unit.messaging.orders import OrderPacked, OrderPlaced


class UnknownCountryError(Exception):
    """The warehouse has no address format for the country."""


orders = Consumer(non_retryable=(UnknownCountryError,))
labels = Consumer()


@orders.on(OrderPlaced)
def pack(order: OrderPlaced, context: Context) -> None:
    """Pack the order and announce it."""
    match order.country:
        case "XX":
            raise Reject("the shop does not deliver to XX")
        case "closed":
            raise Retry("the warehouse is closed", delay=3_600)
        case "??":
            raise UnknownCountryError(order.country)
    context.publish(OrderPacked(id=order.id))


@labels.on(OrderPlaced, key=lambda order: order.id)
def print_label(order: OrderPlaced, context: Context) -> None:
    """Print one label for an order: the key is its id, not the message's id."""
    context.publish(OrderPacked(id=order.id, note="label"))


@labels.on(OrderPacked, idempotent=False)
def log_packing(packed: OrderPacked, context: Context) -> None:
    """Run for every copy of the message."""


@mock_aws
def test_an_order_is_packed_and_announced() -> None:
    harness = ConsumerHarness(publishes=(OrderPacked,), guarantee="lease")
    harness.send(OrderPlaced(id="1"))
    harness.run_until_idle(orders)

    assert [message.read(OrderPacked).id for message in harness.published()] == ["1"]
    assert harness.requeued() == harness.dead_letters() == []


@mock_aws
def test_an_order_that_is_packed_again_sends_the_same_event() -> None:
    ConsumerHarness(publishes=(OrderPacked,), guarantee="lease")

    assert_repeatable(orders, OrderPlaced(id="1"))


@mock_aws
def test_an_order_waits_while_the_warehouse_is_closed() -> None:
    harness = ConsumerHarness()
    harness.send(OrderPlaced(id="1", country="closed"))
    harness.run_until_idle(orders)

    (copy,) = harness.requeued()
    assert (copy.attempt, copy.delay) == (2, 3_600)
    assert copy.error == "Retry: the warehouse is closed"


@mock_aws
def test_what_cannot_be_delivered_is_a_dead_letter() -> None:
    harness = ConsumerHarness()
    harness.send(OrderPlaced(id="1", country="XX"))
    harness.send(OrderPlaced(id="2", country="??"))
    harness.run_until_idle(orders)

    reasons = {letter.read(OrderPlaced).id: letter.reason for letter in harness.dead_letters()}
    assert reasons == {
        "1": "the shop does not deliver to XX",
        "2": "UnknownCountryError is declared non-retryable: ??",
    }


@mock_aws
def test_a_key_makes_two_messages_one_and_a_handler_without_idempotency_runs_twice() -> None:
    harness = ConsumerHarness(publishes=(OrderPacked,), guarantee="lease")
    for _ in range(2):
        harness.send(OrderPlaced(id="1"))
        harness.run_until_idle(labels)
        harness.send(OrderPacked(id="1"))
        harness.run_until_idle(labels)

    assert len(harness.published()) == 1
