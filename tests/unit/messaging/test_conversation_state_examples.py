"""Who waits for an answer, told on examples; and what strangers make of the stack."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import pytest

from contracts import Command
from messaging import Consumer, Context
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent, state
from messaging.wire.header import Header
from tests.unit.messaging.conversations.conversation import Talk
from tests.unit.messaging.conversations.plans import Part, Plan, Question, ask, publish, wait_for
from tests.unit.messaging.doubles import consumer_that
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]


def story(begins: str, *questions: Question) -> list[str]:
    """Return what happens when a service asks all these questions and waits for every answer."""
    return Talk(Plan(f"{begins}.desk", wait_for(*questions))).story()


def test_who_is_asked_may_ask_another_before_it_answers() -> None:
    assert story("Alpha", ask("Beta", wait_for(ask("Gamma")))) == [
        "Alpha: Ask 1 to Beta.desk, Alpha waits",
        "Beta: Ask 2 to Gamma.desk, Alpha and Beta wait",
        "Gamma: AnsweredGamma 2 to Beta.replies, Alpha and Beta wait",
        "Beta: AnsweredBeta 1 to Alpha.replies, Alpha waits",
        "Alpha: AnsweredAlpha 0 to nobody, nobody waits",
    ]


def test_a_service_may_ask_itself() -> None:
    assert story("Alpha", ask("Alpha", wait_for(ask("Alpha")))) == [
        "Alpha: Ask 1 to Alpha.desk, Alpha waits",
        "Alpha: Ask 2 to Alpha.desk, Alpha and Alpha wait",
        "Alpha: AnsweredAlpha 2 to Alpha.replies, Alpha and Alpha wait",
        "Alpha: AnsweredAlpha 1 to Alpha.replies, Alpha waits",
        "Alpha: AnsweredAlpha 0 to nobody, nobody waits",
    ]


def test_two_requests_at_once_are_answered_each_for_itself() -> None:
    talk = Talk(Plan("Alpha.desk", wait_for(ask("Beta"), ask("Beta"))))

    assert sorted(talk.story()) == [
        "Alpha: AnsweredAlpha 0 to nobody, nobody waits",
        "Alpha: Ask 1 to Beta.desk, Alpha waits",
        "Alpha: Ask 2 to Beta.desk, Alpha waits",
        "Beta: AnsweredBeta 1 to Alpha.replies, Alpha waits",
        "Beta: AnsweredBeta 2 to Alpha.replies, Alpha waits",
    ]
    assert {each.question: each.in_reply_to for each in talk.answers()} == {
        1: talk.id_of(1),
        2: talk.id_of(2),
    }
    assert talk.id_of(1) != talk.id_of(2)


def test_a_service_that_hears_its_own_published_question_still_waits() -> None:
    told = story("Alpha", publish("Alpha.clerk", "Beta.desk"))

    all_others = "Beta.desk, Beta.clerk, Gamma.desk, Gamma.clerk"
    assert told[:2] == [
        "Alpha: RequestTimedOut 1 to nobody, nobody waits",
        f"Alpha: AskedAlpha 1 to Alpha.desk, Alpha.clerk, {all_others}, Alpha waits",
    ]
    assert sorted(told[2:4]) == [
        "Alpha: AnsweredAlpha 1 to Alpha.replies, Alpha waits",
        "Beta: AnsweredBeta 1 to Alpha.replies, Alpha waits",
    ]
    assert told[4:] == ["Alpha: AnsweredAlpha 0 to nobody, nobody waits"]


def test_a_service_that_asks_itself_may_go_on_from_its_own_event() -> None:
    assert story("Alpha", ask("Alpha", Part(hand_over="event"))) == [
        "Alpha: Ask 1 to Alpha.desk, Alpha waits",
        "Alpha: CarriedAlpha 1 to Alpha.desk, Alpha waits",
        "Alpha: AnsweredAlpha 1 to Alpha.replies, Alpha waits",
        "Alpha: AnsweredAlpha 0 to nobody, nobody waits",
    ]


class PackOrder(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "PackOrder"

    id: str = "1"


def of_stranger(waiting: Sequence[str], requests: Sequence[str]) -> Header:
    return Header(id="m", requestservices=tuple(waiting), requestids=tuple(requests))


def answered(harness: ConsumerHarness, header: Header) -> Header:
    """Reply to a command with this header; return the header of the answer."""
    consumer = Consumer()

    @consumer.on(PackOrder)
    def pack(command: PackOrder, context: Context) -> None:
        context.reply(OrderPacked(id=command.id))

    consumer(event(sent(PackOrder(), header)), FakeLambdaContext())
    (answer,) = harness.published()
    assert (
        answer["MessageAttributes"]["requestService"]["StringValue"] == header.requestservices[-1]
    )
    found = state(answer["MessageAttributes"]["header"])
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
def test_a_stranger_is_answered_whatever_ids_it_gives(
    make_harness: MakeHarness, requests: Sequence[str], kept: Sequence[str], reply_to: str | None
) -> None:
    harness = make_harness(publishes=(OrderPacked,))

    header = answered(harness, of_stranger(("Till", "Shop"), requests))

    assert header.requestservices == ("Till", "Shop")
    assert (header.requestids, header.replyto) == (kept, reply_to)


@pytest.mark.parametrize("requests", [(), ("0",), ("0", "1"), ("0", "1", "2")])
def test_an_event_of_a_stranger_comes_back_whatever_ids_it_gives(
    make_harness: MakeHarness, requests: Sequence[str]
) -> None:
    make_harness()
    waiting: list[str | None] = []
    consumer = consumer_that(lambda _, context: waiting.append(context.request_service))

    header = of_stranger(("Shop", "Test"), requests)
    consumer(event(sent(OrderPlaced(id="1"), header)), FakeLambdaContext())

    assert waiting == ["Shop"]


def test_an_event_for_another_service_stays_its_own(make_harness: MakeHarness) -> None:
    make_harness()
    waiting: list[str | None] = []
    consumer = consumer_that(lambda _, context: waiting.append(context.request_service))

    header = of_stranger(("Test", "Shop"), ("0", "1"))
    consumer(event(sent(OrderPlaced(id="1"), header)), FakeLambdaContext())

    assert waiting == ["Shop"]
