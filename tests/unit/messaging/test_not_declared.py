"""What the topology does not declare is refused; the error names the field to change."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from messaging import InvalidMessage, NotDeclared
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from tests.unit.messaging.orders import OrderPacked
from tests.unit.messaging.sending_service import (
    REPLY_EXPECTED,
    CheckOrder,
    PackOrder,
    Send,
    arrived,
    consumer_sending,
    send_in_api,
    send_in_handler,
    sending_harness,
)

SendIn = Callable[[Send], Any]

_NO_RECIPIENT: Final = (
    "Test does not send PackOrder to Nowhere: add it to `sends` of Test "
    "and to `accepts` of a consumer of Nowhere in the topology, "
    "and to `sends` and `recipients` of this function if it has its own"
)
_NOT_ACCEPTED: Final = (
    "Test does not send CheckOrder to Warehouse: add it to `sends` of Test "
    "and to `accepts` of a consumer of Warehouse in the topology, "
    "and to `sends` and `recipients` of this function if it has its own"
)
_NOT_PUBLISHED: Final = (
    "Test does not publish OrderPacked: add it to `publishes` of Test in the topology, "
    "and to `publishes` of this function if it has its own"
)
_NOT_ENQUEUED: Final = (
    "Test has no queue for CheckOrder that this function may use: "
    "add it to `accepts_enqueued` of a consumer in the topology, "
    "and to `enqueues` of this function if it has its own"
)
_NOT_INVOKED: Final = (
    "Test does not invoke Warehouse with PackOrder: add it to `invokes` of Test "
    "and to `invocable` of a function or consumer of Warehouse in the topology, "
    "and to `invokes` and `recipients` of this function if it has its own"
)
_NO_TIME_OUTS: Final = (
    "Test has no queue for RequestTimedOut that this function may use: "
    "add it to `accepts_enqueued` of a consumer in the topology, "
    "and to `enqueues` of this function if it has its own"
)

REFUSED: Final[dict[str, tuple[str, Send]]] = {
    "send to an unknown service": (
        _NO_RECIPIENT,
        lambda context: context.send(PackOrder(), to="Nowhere"),
    ),
    "send what is not accepted": (
        _NOT_ACCEPTED,
        lambda context: context.send(CheckOrder(), to="Warehouse"),
    ),
    "request of an unknown service": (
        _NO_RECIPIENT,
        lambda context: context.request(PackOrder(), to="Nowhere"),
    ),
    "request what is not accepted": (
        _NOT_ACCEPTED,
        lambda context: context.request(CheckOrder(), to="Warehouse"),
    ),
    "publish": (_NOT_PUBLISHED, lambda context: context.publish(OrderPacked(id="1"))),
    "publish_request": (
        _NOT_PUBLISHED,
        lambda context: context.publish_request(
            OrderPacked(id="1"), expected_replies=1, timeout=60
        ),
    ),
    "reply": (_NOT_PUBLISHED, lambda context: context.reply(OrderPacked(id="1"))),
    "enqueue": (_NOT_ENQUEUED, lambda context: context.enqueue(CheckOrder())),
    "invoke": (
        _NOT_INVOKED,
        lambda context: context.invoke(PackOrder(), to="Warehouse", returns=OrderPacked),
    ),
    "invoke without waiting": (
        _NOT_INVOKED,
        lambda context: context.invoke(PackOrder(), to="Warehouse", wait=False),
    ),
    "a time limit without a consumer of time-outs": (
        _NO_TIME_OUTS,
        lambda context: context.request(PackOrder(), to="Warehouse", timeout=60),
    ),
}


def in_handler(send: Send) -> None:
    send_in_handler(send, REPLY_EXPECTED)


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sending_harness(publishes=(), accepts_enqueued=())


@pytest.mark.parametrize("send_in", [in_handler, send_in_api])
@pytest.mark.parametrize("what", REFUSED)
def test_what_the_topology_does_not_declare_is_refused_with_the_fix(
    harness: ConsumerHarness, send_in: SendIn, what: str
) -> None:
    fix, send = REFUSED[what]

    def refused(context: Any) -> None:
        with pytest.raises(NotDeclared) as caught:
            send(context)
        assert str(caught.value) == fix
        assert isinstance(caught.value, InvalidMessage)

    send_in(refused)

    assert arrived(harness) == {}


def test_a_published_request_needs_a_consumer_of_time_outs(
    mocked_aws: None,
) -> None:
    harness = sending_harness(accepts_enqueued=())

    def refused(context: Any) -> None:
        with pytest.raises(NotDeclared) as caught:
            context.publish_request(OrderPacked(id="1"), expected_replies=1, timeout=60)
        assert str(caught.value) == _NO_TIME_OUTS

    send_in_handler(refused)
    send_in_api(refused)

    assert arrived(harness) == {}


def test_a_request_without_a_time_limit_needs_no_consumer_of_time_outs(
    harness: ConsumerHarness,
) -> None:
    send_in_handler(lambda context: context.request(PackOrder(), to="Warehouse"))

    (message,) = arrived(harness)["MsgIn"]
    assert message.tag == "PackOrder"


def test_the_dead_letter_of_a_handler_that_sends_undeclared_messages_has_the_fix(
    harness: ConsumerHarness,
) -> None:
    consumer = consumer_sending(lambda context: context.publish(OrderPacked(id="1")))

    consumer(event(sent(PackOrder())), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert letter.reason == f"NotDeclared: {_NOT_PUBLISHED}"
    assert harness.requeued() == [], "no other attempt would do better"
