"""What the map does not allow is refused, and the refusal says what to change in the map."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from messaging import InvalidMessage, NotDeclared
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from tests.unit.messaging.orders import OrderPacked
from tests.unit.messaging.sending_service import (
    WAITING,
    CheckOrder,
    PackOrder,
    Say,
    arrived,
    consumer_saying,
    say_in_api,
    say_in_handler,
    sayings,
)

SaysIn = Callable[[Say], Any]

_NO_RECIPIENT: Final = (
    "Test does not send PackOrder to Nowhere: add it to `sends` of Test "
    "and to `accepts` of a consumer of Nowhere in the map"
)
_NOT_ACCEPTED: Final = (
    "Test does not send CheckOrder to Warehouse: add it to `sends` of Test "
    "and to `accepts` of a consumer of Warehouse in the map"
)
_NOT_PUBLISHED: Final = "Test does not publish OrderPacked: add it to its `publishes` in the map"
_NOT_TAKEN: Final = (
    "no consumer of Test takes CheckOrder from its queue: add it to `takes` of one in the map"
)
_NOT_INVOKED: Final = (
    "Test does not invoke Warehouse with PackOrder: add it to `invokes` of Test "
    "and to `answers` of a function of Warehouse in the map"
)
_NO_TIME_LIMITS: Final = (
    "no consumer of Test hears of time limits: add RequestTimedOut to `takes` of one in the map"
)

REFUSED: Final[dict[str, tuple[str, Say]]] = {
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
    "enqueue": (_NOT_TAKEN, lambda context: context.enqueue(CheckOrder())),
    "invoke": (
        _NOT_INVOKED,
        lambda context: context.invoke(PackOrder(), to="Warehouse", returns=OrderPacked),
    ),
    "invoke without waiting": (
        _NOT_INVOKED,
        lambda context: context.invoke(PackOrder(), to="Warehouse", wait=False),
    ),
    "a time limit that nobody hears of": (
        _NO_TIME_LIMITS,
        lambda context: context.request(PackOrder(), to="Warehouse", timeout=60),
    ),
}


def in_handler(say: Say) -> None:
    say_in_handler(say, WAITING)


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sayings(publishes=(), accepts_enqueued=())


@pytest.mark.parametrize("says_in", [in_handler, say_in_api])
@pytest.mark.parametrize("what", REFUSED)
def test_what_the_map_does_not_allow_is_refused_with_the_fix(
    harness: ConsumerHarness, says_in: SaysIn, what: str
) -> None:
    fix, say = REFUSED[what]

    def refused(context: Any) -> None:
        with pytest.raises(NotDeclared) as caught:
            say(context)
        assert str(caught.value) == fix
        assert isinstance(caught.value, InvalidMessage)

    says_in(refused)

    assert arrived(harness) == {}


def test_a_time_limit_that_nobody_hears_of_is_refused_for_published_requests(
    mocked_aws: None,
) -> None:
    harness = sayings(accepts_enqueued=())

    def refused(context: Any) -> None:
        with pytest.raises(NotDeclared) as caught:
            context.publish_request(OrderPacked(id="1"), expected_replies=1, timeout=60)
        assert str(caught.value) == _NO_TIME_LIMITS

    say_in_handler(refused)
    say_in_api(refused)

    assert arrived(harness) == {}


def test_a_request_without_a_time_limit_needs_nobody_who_hears_of_it(
    harness: ConsumerHarness,
) -> None:
    say_in_handler(lambda context: context.request(PackOrder(), to="Warehouse"))

    (message,) = arrived(harness)["MsgIn"]
    assert message.tag == "PackOrder"


def test_a_handler_that_says_what_it_must_not_leaves_the_fix_with_its_message(
    harness: ConsumerHarness,
) -> None:
    consumer = consumer_saying(lambda context: context.publish(OrderPacked(id="1")))

    consumer(event(sent(PackOrder())), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert letter.reason == f"NotDeclared: {_NOT_PUBLISHED}"
    assert harness.requeued() == [], "no other attempt would do better"
