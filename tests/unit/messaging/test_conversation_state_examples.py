"""Which services wait for a reply: examples, and messages of senders without this runtime."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import pytest

from contracts import Command
from messaging import Consumer, Context
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent, state
from messaging.wire.header import Header
from tests.unit.messaging.conversations.conversation import Conversation
from tests.unit.messaging.conversations.plans import (
    Part,
    Plan,
    Request,
    inquire,
    publish,
    reply_after,
)
from tests.unit.messaging.doubles import consumer_that
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]


def story(begins: str, *requests: Request) -> list[str]:
    """Return the story of a service that sends requests and waits for every reply."""
    return Conversation(Plan(f"{begins}.desk", reply_after(*requests))).story()


def test_a_service_may_send_a_request_before_it_replies() -> None:
    assert story("Alpha", inquire("Beta", reply_after(inquire("Gamma")))) == [
        "Alpha: Inquiry 1 to Beta.desk, Alpha waits",
        "Beta: Inquiry 2 to Gamma.desk, Alpha and Beta wait",
        "Gamma: ReplyGamma 2 to Beta.replies, Alpha and Beta wait",
        "Beta: ReplyBeta 1 to Alpha.replies, Alpha waits",
        "Alpha: ReplyAlpha 0 to no consumer, no service waits",
    ]


def test_a_service_may_send_requests_to_itself() -> None:
    assert story("Alpha", inquire("Alpha", reply_after(inquire("Alpha")))) == [
        "Alpha: Inquiry 1 to Alpha.desk, Alpha waits",
        "Alpha: Inquiry 2 to Alpha.desk, Alpha and Alpha wait",
        "Alpha: ReplyAlpha 2 to Alpha.replies, Alpha and Alpha wait",
        "Alpha: ReplyAlpha 1 to Alpha.replies, Alpha waits",
        "Alpha: ReplyAlpha 0 to no consumer, no service waits",
    ]


def test_two_requests_at_once_have_a_reply_each() -> None:
    conversation = Conversation(Plan("Alpha.desk", reply_after(inquire("Beta"), inquire("Beta"))))

    assert sorted(conversation.story()) == [
        "Alpha: Inquiry 1 to Beta.desk, Alpha waits",
        "Alpha: Inquiry 2 to Beta.desk, Alpha waits",
        "Alpha: ReplyAlpha 0 to no consumer, no service waits",
        "Beta: ReplyBeta 1 to Alpha.replies, Alpha waits",
        "Beta: ReplyBeta 2 to Alpha.replies, Alpha waits",
    ]
    assert {each.number: each.in_reply_to for each in conversation.replies()} == {
        1: conversation.id_of(1),
        2: conversation.id_of(2),
    }
    assert conversation.id_of(1) != conversation.id_of(2)


def test_a_service_that_receives_its_own_published_request_still_waits() -> None:
    lines = story("Alpha", publish("Alpha.clerk", "Beta.desk"))

    all_others = "Beta.desk, Beta.clerk, Gamma.desk, Gamma.clerk"
    assert lines[:2] == [
        "Alpha: RequestTimedOut 1 to no consumer, no service waits",
        f"Alpha: InquiryAlpha 1 to Alpha.desk, Alpha.clerk, {all_others}, Alpha waits",
    ]
    assert sorted(lines[2:4]) == [
        "Alpha: ReplyAlpha 1 to Alpha.replies, Alpha waits",
        "Beta: ReplyBeta 1 to Alpha.replies, Alpha waits",
    ]
    assert lines[4:] == ["Alpha: ReplyAlpha 0 to no consumer, no service waits"]


def test_a_service_that_requests_itself_may_continue_from_its_own_event() -> None:
    assert story("Alpha", inquire("Alpha", Part(hand_over="event"))) == [
        "Alpha: Inquiry 1 to Alpha.desk, Alpha waits",
        "Alpha: ContinuedAlpha 1 to Alpha.desk, Alpha waits",
        "Alpha: ReplyAlpha 1 to Alpha.replies, Alpha waits",
        "Alpha: ReplyAlpha 0 to no consumer, no service waits",
    ]


class PackOrder(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "PackOrder"

    id: str = "1"


def foreign_header(waiting_services: Sequence[str], requests: Sequence[str]) -> Header:
    return Header(id="m", requestservices=tuple(waiting_services), requestids=tuple(requests))


def replied(harness: ConsumerHarness, header: Header) -> Header:
    """Reply to a command with this header; return the header of the reply."""
    consumer = Consumer()

    @consumer.on(PackOrder)
    def pack(command: PackOrder, context: Context) -> None:
        context.reply(OrderPacked(id=command.id))

    consumer(event(sent(PackOrder(), header)), FakeLambdaContext())
    (reply,) = harness.published()
    assert reply["MessageAttributes"]["requestService"]["StringValue"] == header.requestservices[-1]
    found = state(reply["MessageAttributes"]["header"])
    return Header(
        id=found["id"],
        requestservices=tuple(found["requestservices"]),
        requestids=tuple(found["requestids"]),
        replyto=found.get("replyto"),
    )


@pytest.mark.parametrize(
    ("requests", "kept", "reply_to"),
    [
        pytest.param((), ("", ""), None, id="no ids"),
        pytest.param(("1",), ("1", ""), None, id="fewer ids"),
        pytest.param(("1", "2"), ("1", "2"), "2", id="as many"),
        pytest.param(("1", "2", "3"), ("1", "2"), "2", id="more ids"),
    ],
)
def test_a_foreign_request_gets_its_reply_whatever_ids_it_has(
    make_harness: MakeHarness, requests: Sequence[str], kept: Sequence[str], reply_to: str | None
) -> None:
    harness = make_harness(publishes=(OrderPacked,))

    header = replied(harness, foreign_header(("Till", "Shop"), requests))

    assert header.requestservices == ("Till", "Shop")
    assert (header.requestids, header.replyto) == (kept, reply_to)


@pytest.mark.parametrize("requests", [(), ("0",), ("0", "1"), ("0", "1", "2")])
def test_a_foreign_event_is_a_reply_whatever_ids_it_has(
    make_harness: MakeHarness, requests: Sequence[str]
) -> None:
    make_harness()
    waiting_services: list[str | None] = []
    consumer = consumer_that(lambda _, context: waiting_services.append(context.request_service))

    header = foreign_header(("Shop", "Test"), requests)
    consumer(event(sent(OrderPlaced(id="1"), header)), FakeLambdaContext())

    assert waiting_services == ["Shop"]


def test_an_event_for_another_service_is_no_reply(make_harness: MakeHarness) -> None:
    make_harness()
    waiting_services: list[str | None] = []
    consumer = consumer_that(lambda _, context: waiting_services.append(context.request_service))

    header = foreign_header(("Test", "Shop"), ("0", "1"))
    consumer(event(sent(OrderPlaced(id="1"), header)), FakeLambdaContext())

    assert waiting_services == ["Shop"]
