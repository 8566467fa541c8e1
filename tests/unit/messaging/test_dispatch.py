"""The messages of handlers are sent in batches after the handlers have succeeded. A message that
cannot be sent fails the record of its handler only.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from messaging import Consumer, Context, PublishFailed
from messaging.settings import Recipient, settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent, state
from tests.unit.messaging.doubles import Calls, fail, instead, without_delays
from tests.unit.messaging.orders import OrderPacked, OrderPlaced
from tests.unit.messaging.sending_service import (
    API_METHODS,
    METHODS,
    REPLY_EXPECTED,
    CheckOrder,
    PackOrder,
    api_context,
    arrived,
    consumer_sending,
    sending_harness,
)

BATCHES = ("PublishBatch", "SendMessageBatch")


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sending_harness()


def deliver(consumer: Consumer, *commands: PackOrder) -> None:
    """Deliver one batch; no record of it stays in its queue."""
    records = [
        sent(command, msgspec.structs.replace(REPLY_EXPECTED, id=command.id))
        for command in commands
    ]
    response = consumer(event(*records), FakeLambdaContext())
    assert response == {"batchItemFailures": []}


def orders(*names: str) -> list[PackOrder]:
    return [PackOrder(id=name) for name in names]


def consumer_of(send: Any) -> Consumer:
    """Return a consumer whose handler of PackOrder is `send`."""
    consumer = Consumer()

    @consumer.on(PackOrder)
    def pack(command: PackOrder, context: Context) -> None:
        send(command, context)

    return consumer


def failed_ids(harness: ConsumerHarness) -> list[str]:
    """Return the ids of the requeued commands."""
    return [copy.read(PackOrder).id for copy in harness.requeued() if copy.tag == "PackOrder"]


def refuse(*ids: str) -> Any:
    """Return a batch call that refuses the entries with one of these texts in their body."""

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


@pytest.mark.parametrize("method", METHODS)
def test_a_handler_that_fails_sends_nothing(harness: ConsumerHarness, method: str) -> None:
    def send_and_fail(context: Context) -> None:
        METHODS[method][1](context)
        fail()

    deliver(consumer_sending(send_and_fail), PackOrder())

    assert [message.tag for message in arrived(harness).pop("queue")] == ["PackOrder"], (
        "it is requeued"
    )
    assert arrived(harness) == {}


@pytest.mark.parametrize("method", METHODS)
def test_no_message_is_sent_before_its_handler_has_ended(
    harness: ConsumerHarness, method: str
) -> None:
    def send(context: Context) -> None:
        METHODS[method][1](context)
        assert arrived(harness) == {}, "not sent yet"

    deliver(consumer_sending(send), PackOrder())

    assert list(arrived(harness)) == [METHODS[method][0]]


def test_a_handler_that_fails_sends_no_time_out(harness: ConsumerHarness) -> None:
    def request_and_fail(context: Context) -> None:
        context.request(PackOrder(), to="Warehouse", timeout=60)
        fail()

    without_delays()
    deliver(consumer_sending(request_and_fail), PackOrder())

    assert [message.tag for message in harness.visible_messages()] == ["PackOrder"]


# An event that a handler returns.


def returning(returned: Any) -> Consumer:
    consumer = Consumer()

    @consumer.on(PackOrder)
    def pack(command: PackOrder, context: Context) -> OrderPacked:
        result: OrderPacked = returned
        return result

    return consumer


@pytest.mark.parametrize(("services", "reply_to"), [(("Shop",), "request"), ((), None)])
def test_a_returned_event_is_a_reply_if_a_service_waits_else_published(
    harness: ConsumerHarness, services: Sequence[str], reply_to: str | None
) -> None:
    header = msgspec.structs.replace(
        REPLY_EXPECTED, requestservices=tuple(services), requestids=("request",) * len(services)
    )

    returning(OrderPacked(id="1"))(event(sent(PackOrder(), header)), FakeLambdaContext())

    (reply,) = harness.published()
    assert reply.read(OrderPacked) == OrderPacked(id="1")
    found = state(reply["MessageAttributes"]["header"])
    assert found.get("replyto") == reply_to
    assert ("requestService" in reply["MessageAttributes"]) == bool(services)


@pytest.mark.parametrize(
    "header", [REPLY_EXPECTED, msgspec.structs.replace(REPLY_EXPECTED, requestservices=())]
)
def test_a_returned_event_that_is_not_declared_is_not_lost(mocked_aws: None, header: Any) -> None:
    harness = sending_harness(publishes=())

    returning(OrderPacked(id="1"))(event(sent(PackOrder(), header)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert letter.reason == (
        "NotDeclared: Test does not publish OrderPacked: "
        "add it to `publishes` of Test in the topology, "
        "and to `publishes` of this function if it has its own"
    )
    assert harness.published() == []


def test_an_event_returned_for_another_services_event_is_published(
    harness: ConsumerHarness,
) -> None:
    """Shop waits for a reply of another service, not of this one."""
    consumer = Consumer()

    @consumer.on(OrderPlaced)
    def listen(placed: OrderPlaced, context: Context) -> OrderPacked:
        return OrderPacked(id=placed.id)

    consumer(event(sent(OrderPlaced(id="1"), REPLY_EXPECTED)), FakeLambdaContext())

    (published,) = harness.published()
    header = state(published["MessageAttributes"]["header"])
    assert (header.get("replyto"), header.get("responder")) == (None, None)


def test_an_event_returned_for_a_published_request_is_a_reply(
    harness: ConsumerHarness,
) -> None:
    consumer = Consumer()
    consumer.on(OrderPlaced)(lambda placed, context: OrderPacked(id=placed.id))
    request = msgspec.structs.replace(REPLY_EXPECTED, id="request")

    consumer(event(sent(OrderPlaced(id="1"), request)), FakeLambdaContext())

    (reply,) = harness.published()
    assert state(reply["MessageAttributes"]["header"])["replyto"] == "request"


def test_a_reply_without_a_service_that_waits_dead_letters_its_message(
    harness: ConsumerHarness,
) -> None:
    header = msgspec.structs.replace(REPLY_EXPECTED, requestservices=(), requestids=())
    consumer = consumer_sending(lambda context: context.reply(OrderPacked(id="1")))

    consumer(event(sent(PackOrder(), header)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert letter.reason.startswith("NoReplyExpected: ")
    assert harness.requeued() == []


def test_anything_else_that_is_returned_is_ignored(harness: ConsumerHarness) -> None:
    deliver(returning({"id": "1"}), PackOrder())

    assert arrived(harness) == {}


# Messages that cannot be sent.


def test_an_event_that_cannot_be_sent_fails_its_own_record_only(harness: ConsumerHarness) -> None:
    instead("sns", "publish_batch", refuse("bad"))

    deliver(
        consumer_of(lambda command, context: context.publish(OrderPacked(id=command.id))),
        *orders("good", "bad", "fine"),
    )

    assert failed_ids(harness) == ["bad"]
    (copy,) = harness.requeued()
    assert copy.error == "PublishFailed: a message it sent could not leave: InternalError"


def test_a_command_that_cannot_be_enqueued_fails_its_own_record_only(
    harness: ConsumerHarness,
) -> None:
    real: list[Any] = []

    def refuse_checks(**params: Any) -> Any:
        checks = [each for each in params["Entries"] if "CheckOrder" in str(each)]
        return refuse("bad")(Entries=checks) if checks else real[0](**params)

    real.append(instead("sqs", "send_message_batch", refuse_checks))

    deliver(
        consumer_of(lambda command, context: context.enqueue(CheckOrder(id=command.id))),
        *orders("good", "bad", "fine"),
    )

    assert failed_ids(harness) == ["bad"]


def test_an_address_that_fails_fails_the_records_of_its_senders_only(
    harness: ConsumerHarness,
) -> None:
    config = settings()
    gone = Recipient(msg_in_arn=config.msg_out_arn + "-gone", accepts=("PackOrder",))
    harness.use(msgspec.structs.replace(config, sends={"Warehouse": gone}))

    def send(command: PackOrder, context: Context) -> None:
        if command.id in ("sends", "does both"):
            context.send(PackOrder(), to="Warehouse")
        if command.id in ("publishes", "does both"):
            context.publish(OrderPacked(id=command.id))

    deliver(consumer_of(send), *orders("sends", "publishes", "does both", "does neither"))

    assert failed_ids(harness) == ["sends", "does both"]
    published = [message.read(OrderPacked).id for message in harness.published()]
    assert published == ["publishes", "does both"]


def test_a_handler_whose_messages_were_sent_in_part_sends_all_again_with_the_same_ids(
    harness: ConsumerHarness,
) -> None:
    config = settings()
    gone = Recipient(msg_in_arn=config.msg_out_arn + "-gone", accepts=("PackOrder",))

    def send(context: Context) -> None:
        context.publish(OrderPacked(id="1"))
        context.send(PackOrder(), to="Warehouse")

    consumer = consumer_sending(send)
    harness.use(msgspec.structs.replace(config, sends={"Warehouse": gone}))
    deliver(consumer, PackOrder(id="m"))
    harness.use(config)
    harness.run_until_idle(consumer)

    first, again = harness.published()
    assert first.id == again.id
    assert len(harness.sent_to("Warehouse")) == 1
    assert harness.dead_letters() == []


# In as few calls as possible.


@pytest.mark.parametrize(("records", "calls_of_each"), [(1, 1), (10, 1), (11, 2), (25, 3)])
def test_messages_to_three_addresses_are_sent_in_the_fewest_calls(
    harness: ConsumerHarness, records: int, calls_of_each: int
) -> None:
    def send(command: PackOrder, context: Context) -> None:
        context.publish(OrderPacked(id=command.id))
        context.send(PackOrder(id=command.id), to="Warehouse")
        context.enqueue(CheckOrder(id=command.id))

    sns, sqs = Calls("sns"), Calls("sqs")
    deliver(consumer_of(send), *orders(*map(str, range(records))))

    assert sns.names == ["PublishBatch"] * calls_of_each * 2
    assert sqs.names == ["SendMessageBatch"] * calls_of_each
    assert {where: len(messages) for where, messages in arrived(harness).items()} == {
        "MsgOut": records,
        "MsgIn": records,
        "queue": records,
    }


def test_messages_to_one_address_keep_their_order(harness: ConsumerHarness) -> None:
    sent_ids = [str(number) for number in range(25)]

    def send(context: Context) -> None:
        for id_ in sent_ids:
            context.publish(OrderPacked(id=id_))
            context.enqueue(CheckOrder(id=id_))

    sns = Calls("sns")
    deliver(consumer_sending(send), PackOrder())

    entries = [
        each for call in sns.of("PublishBatch") for each in call["PublishBatchRequestEntries"]
    ]
    assert [msgspec.json.decode(each["Message"])["id"] for each in entries] == sent_ids


# An API sends at once.


@pytest.mark.parametrize("method", API_METHODS)
def test_a_message_of_an_api_is_sent_at_once(harness: ConsumerHarness, method: str) -> None:
    context, (where, send) = api_context(), API_METHODS[method]

    send(context)
    assert list(arrived(harness)) == [where]

    send(context)
    assert list(arrived(harness)) == [where]


@pytest.mark.parametrize("method", API_METHODS)
def test_an_api_gets_an_error_if_its_message_could_not_be_sent(
    harness: ConsumerHarness, method: str
) -> None:
    tag = {"MsgOut": "OrderPacked", "MsgIn": "PackOrder", "queue": "CheckOrder"}
    where, send = API_METHODS[method]

    def refuse_all(**params: Any) -> dict[str, Any]:
        entries = params.get("Entries") or params["PublishBatchRequestEntries"]
        return {"Failed": [{"Id": each["Id"], "Code": "InternalError"} for each in entries]}

    instead("sns", "publish_batch", refuse_all)
    instead("sqs", "send_message_batch", refuse_all)

    with pytest.raises(PublishFailed, match=rf"{tag[where]} .*: InternalError"):
        send(api_context())


def test_a_request_of_an_api_whose_time_out_cannot_be_sent_is_not_sent(
    harness: ConsumerHarness,
) -> None:
    """Sent, it would have no time-out."""
    instead("sqs", "send_message_batch", lambda **_: fail())

    with pytest.raises(PublishFailed, match=r"PackOrder .*: the warehouse does not answer"):
        api_context().request(PackOrder(), to="Warehouse", timeout=60)

    assert arrived(harness) == {}
