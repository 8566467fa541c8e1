"""What handlers said leaves together, once they have succeeded; what cannot leave fails its record
only.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from messaging import Consumer, Context, PublishFailed
from messaging.aws import clients as aws
from messaging.sending import publisher
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.settings import Recipient, Settings, settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent, state
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Calls, fail, instead, without_delays
from tests.unit.messaging.orders import OrderPacked, OrderPlaced
from tests.unit.messaging.sending_service import (
    OF_APIS,
    VERBS,
    WAITING,
    CheckOrder,
    PackOrder,
    api_context,
    arrived,
    consumer_saying,
    sayings,
)

BATCHES = ("PublishBatch", "SendMessageBatch")


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sayings()


def deliver(consumer: Consumer, *commands: PackOrder) -> None:
    """Hand over one batch; no record of it stays in its queue."""
    records = [
        sent(command, msgspec.structs.replace(WAITING, id=command.id)) for command in commands
    ]
    response = consumer(event(*records), FakeLambdaContext())
    assert response == {"batchItemFailures": []}


def orders(*names: str) -> list[PackOrder]:
    return [PackOrder(id=name) for name in names]


def saying_of(say: Any) -> Consumer:
    """Return a consumer that says something with the command it handles."""
    consumer = Consumer()

    @consumer.on(PackOrder)
    def pack(command: PackOrder, context: Context) -> None:
        say(command, context)

    return consumer


def failed_ids(harness: ConsumerHarness) -> list[str]:
    """Return the commands that come again."""
    return [copy.read(PackOrder).id for copy in harness.requeued() if copy.tag == "PackOrder"]


def refuse(*ids: str) -> Any:
    """Return what a batch call does that refuses the entries with these words in their body."""

    def call(**params: Any) -> dict[str, Any]:
        entries = params.get("Entries") or params["PublishBatchRequestEntries"]
        failed = [
            each["Id"]
            for each in entries
            if any(f'"{id_}"' in str(each.get("Message") or each["MessageBody"]) for id_ in ids)
        ]
        return {"Failed": [{"Id": id_, "Code": "InternalError"} for id_ in failed]}

    return call


# Success and failure of the handler.


@pytest.mark.parametrize("verb", VERBS)
def test_a_handler_that_fails_sends_nothing(harness: ConsumerHarness, verb: str) -> None:
    def say_and_fail(context: Context) -> None:
        VERBS[verb][1](context)
        fail()

    deliver(consumer_saying(say_and_fail), PackOrder())

    assert [message.tag for message in arrived(harness).pop("queue")] == ["PackOrder"], (
        "it comes again"
    )
    assert arrived(harness) == {}


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_leaves_before_its_handler_has_ended(harness: ConsumerHarness, verb: str) -> None:
    def say(context: Context) -> None:
        VERBS[verb][1](context)
        assert arrived(harness) == {}, "held back"

    deliver(consumer_saying(say), PackOrder())

    assert list(arrived(harness)) == [VERBS[verb][0]]


def test_a_time_limit_of_a_handler_that_fails_never_begins(harness: ConsumerHarness) -> None:
    def ask_and_fail(context: Context) -> None:
        context.request(PackOrder(), to="Warehouse", timeout=60)
        fail()

    without_delays()
    deliver(consumer_saying(ask_and_fail), PackOrder())

    assert [message.tag for message in harness.visible_messages()] == ["PackOrder"]


# An event that a handler returns.


def returning(answer: Any) -> Consumer:
    consumer = Consumer()

    @consumer.on(PackOrder)
    def pack(command: PackOrder, context: Context) -> OrderPacked:
        result: OrderPacked = answer
        return result

    return consumer


@pytest.mark.parametrize(("waiting", "reply_to"), [(("Shop",), "asked"), ((), None)])
def test_a_returned_event_answers_who_waits_and_is_published_otherwise(
    harness: ConsumerHarness, waiting: Sequence[str], reply_to: str | None
) -> None:
    header = msgspec.structs.replace(
        WAITING, requestservices=tuple(waiting), requestids=("asked",) * len(waiting)
    )

    returning(OrderPacked(id="1"))(event(sent(PackOrder(), header)), FakeLambdaContext())

    (answer,) = harness.published()
    assert answer.read(OrderPacked) == OrderPacked(id="1")
    found = msgspec.json.decode(answer["MessageAttributes"]["header"]["StringValue"])
    assert found.get("replyto") == reply_to
    assert ("requestService" in answer["MessageAttributes"]) == bool(waiting)


@pytest.mark.parametrize("header", [WAITING, msgspec.structs.replace(WAITING, requestservices=())])
def test_a_returned_event_that_is_not_declared_is_not_lost(mocked_aws: None, header: Any) -> None:
    harness = sayings(publishes=())

    returning(OrderPacked(id="1"))(event(sent(PackOrder(), header)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert letter.reason == (
        "NotDeclared: Test does not publish OrderPacked: add it to its `publishes` in the map"
    )
    assert harness.published() == []


def test_who_overhears_an_event_on_its_way_publishes_what_it_returns(
    harness: ConsumerHarness,
) -> None:
    """Shop waits for another's answer; this service was not asked."""
    consumer = Consumer()

    @consumer.on(OrderPlaced)
    def listen(placed: OrderPlaced, context: Context) -> OrderPacked:
        return OrderPacked(id=placed.id)

    consumer(event(sent(OrderPlaced(id="1"), WAITING)), FakeLambdaContext())

    (published,) = harness.published()
    header = state(published["MessageAttributes"]["header"])
    assert (header.get("replyto"), header.get("responder")) == (None, None)


def test_who_hears_a_question_to_all_answers_it_with_what_it_returns(
    harness: ConsumerHarness,
) -> None:
    consumer = Consumer()
    consumer.on(OrderPlaced)(lambda placed, context: OrderPacked(id=placed.id))
    question = msgspec.structs.replace(WAITING, id="asked")

    consumer(event(sent(OrderPlaced(id="1"), question)), FakeLambdaContext())

    (answer,) = harness.published()
    assert state(answer["MessageAttributes"]["header"])["replyto"] == "asked"


def test_a_reply_to_nobody_is_a_dead_letter_at_once(harness: ConsumerHarness) -> None:
    header = msgspec.structs.replace(WAITING, requestservices=(), requestids=())
    consumer = consumer_saying(lambda context: context.reply(OrderPacked(id="1")))

    consumer(event(sent(PackOrder(), header)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert letter.reason.startswith("NoReplyExpected: ")
    assert harness.requeued() == []


def test_in_order_nothing_overtakes_what_could_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[dict[str, Any]]] = []

    class Throttled:
        def publish_batch(self, **params: Any) -> dict[str, Any]:
            calls.append(params["PublishBatchRequestEntries"])
            raise ConnectionError

    monkeypatch.setattr(aws, "client", lambda _: Throttled())
    config = Settings(stage="test", service="Test", msg_out_arn="")
    topic = Address("topic", "arn:aws:sns:eu-central-1:123456789012:out.fifo")
    ready = [compose(PackOrder(), Header(id=str(n)), config, topic) for n in range(25)]

    failed = publisher.send(ready)

    assert len(calls) == 1
    assert list(failed) == [message.id for message in ready]
    assert failed["24"] == "one before it could not leave"


def test_anything_else_that_is_returned_is_ignored(harness: ConsumerHarness) -> None:
    deliver(returning({"id": "1"}), PackOrder())

    assert arrived(harness) == {}


# What cannot leave.


def test_an_event_that_cannot_leave_fails_its_own_record_only(harness: ConsumerHarness) -> None:
    instead("sns", "publish_batch", refuse("bad"))

    deliver(
        saying_of(lambda command, context: context.publish(OrderPacked(id=command.id))),
        *orders("good", "bad", "fine"),
    )

    assert failed_ids(harness) == ["bad"]
    (copy,) = harness.requeued()
    assert copy.error == ("PublishFailed: a message it sent could not leave: InternalError: ")


def test_a_unit_of_work_that_cannot_leave_fails_its_own_record_only(
    harness: ConsumerHarness,
) -> None:
    real: list[Any] = []

    def refuse_checks(**params: Any) -> Any:
        checks = [each for each in params["Entries"] if "CheckOrder" in str(each)]
        return refuse("bad")(Entries=checks) if checks else real[0](**params)

    real.append(instead("sqs", "send_message_batch", refuse_checks))

    deliver(
        saying_of(lambda command, context: context.enqueue(CheckOrder(id=command.id))),
        *orders("good", "bad", "fine"),
    )

    assert failed_ids(harness) == ["bad"]


def test_an_address_that_takes_nothing_fails_those_who_wrote_to_it_only(
    harness: ConsumerHarness,
) -> None:
    config = settings()
    gone = Recipient(msg_in_arn=config.msg_out_arn + "-gone", accepts=("PackOrder",))
    harness.use(msgspec.structs.replace(config, sends={"Warehouse": gone}))

    def say(command: PackOrder, context: Context) -> None:
        if command.id in ("sends", "does both"):
            context.send(PackOrder(), to="Warehouse")
        if command.id in ("publishes", "does both"):
            context.publish(OrderPacked(id=command.id))

    deliver(saying_of(say), *orders("sends", "publishes", "does both", "is silent"))

    assert failed_ids(harness) == ["sends", "does both"]
    published = [message.read(OrderPacked).id for message in harness.published()]
    assert published == ["publishes", "does both"]


def test_a_handler_whose_messages_left_in_part_says_the_rest_and_the_same_again(
    harness: ConsumerHarness,
) -> None:
    config = settings()
    gone = Recipient(msg_in_arn=config.msg_out_arn + "-gone", accepts=("PackOrder",))

    def say(context: Context) -> None:
        context.publish(OrderPacked(id="1"))
        context.send(PackOrder(), to="Warehouse")

    consumer = consumer_saying(say)
    harness.use(msgspec.structs.replace(config, sends={"Warehouse": gone}))
    deliver(consumer, PackOrder(id="m"))
    harness.use(config)
    harness.run_until_idle(consumer)

    first, again = harness.published()
    assert first.id == again.id
    assert len(harness.sent_to("Warehouse")) == 1
    assert harness.dead_letters() == []


# In as few calls as possible.


@pytest.mark.parametrize(("records", "calls_each"), [(1, 1), (10, 1), (11, 2), (25, 3)])
def test_messages_to_three_addresses_leave_in_the_fewest_calls(
    harness: ConsumerHarness, records: int, calls_each: int
) -> None:
    def say(command: PackOrder, context: Context) -> None:
        context.publish(OrderPacked(id=command.id))
        context.send(PackOrder(id=command.id), to="Warehouse")
        context.enqueue(CheckOrder(id=command.id))

    sns, sqs = Calls("sns"), Calls("sqs")
    deliver(saying_of(say), *orders(*map(str, range(records))))

    assert sns.names == ["PublishBatch"] * calls_each * 2
    assert sqs.names == ["SendMessageBatch"] * calls_each
    assert {where: len(messages) for where, messages in arrived(harness).items()} == {
        "MsgOut": records,
        "MsgIn": records,
        "queue": records,
    }


def test_messages_to_one_address_keep_their_order(harness: ConsumerHarness) -> None:
    said = [str(number) for number in range(25)]

    def say(context: Context) -> None:
        for id_ in said:
            context.publish(OrderPacked(id=id_))
            context.enqueue(CheckOrder(id=id_))

    sns = Calls("sns")
    deliver(consumer_saying(say), PackOrder())

    entries = [
        each for call in sns.of("PublishBatch") for each in call["PublishBatchRequestEntries"]
    ]
    assert [msgspec.json.decode(each["Message"])["id"] for each in entries] == said


# An API sends at once.


@pytest.mark.parametrize("verb", OF_APIS)
def test_what_an_api_says_leaves_at_once(harness: ConsumerHarness, verb: str) -> None:
    context, (where, say) = api_context(), OF_APIS[verb]

    say(context)
    assert list(arrived(harness)) == [where]

    say(context)
    assert list(arrived(harness)) == [where]


@pytest.mark.parametrize("verb", OF_APIS)
def test_an_api_is_told_when_its_message_could_not_leave(
    harness: ConsumerHarness, verb: str
) -> None:
    tag = {"MsgOut": "OrderPacked", "MsgIn": "PackOrder", "queue": "CheckOrder"}
    where, say = OF_APIS[verb]

    def refuse_all(**params: Any) -> dict[str, Any]:
        entries = params.get("Entries") or params["PublishBatchRequestEntries"]
        return {"Failed": [{"Id": each["Id"], "Code": "InternalError"} for each in entries]}

    instead("sns", "publish_batch", refuse_all)
    instead("sqs", "send_message_batch", refuse_all)

    with pytest.raises(PublishFailed, match=rf"{tag[where]} .*: InternalError"):
        say(api_context())


def test_a_request_whose_time_limit_could_not_be_noted_is_not_sent(
    harness: ConsumerHarness,
) -> None:
    """Else its answer would come to nobody who counts, and no time-out ever."""
    instead("sqs", "send_message_batch", lambda **_: fail())

    with pytest.raises(PublishFailed, match=r"PackOrder .*: the warehouse does not answer"):
        api_context().request(PackOrder(), to="Warehouse", timeout=60)

    assert arrived(harness) == {}
