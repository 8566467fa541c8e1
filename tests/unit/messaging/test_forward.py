"""Forwarding: a command goes to another service unchanged, with the services that wait for it."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import pytest

from contracts import Command
from messaging import Consumer, Context, NotDeclared
from messaging.limits import MAX_TOPIC_BYTES
from messaging.testing import (
    ConsumerHarness,
    FakeLambdaContext,
    Message,
    Sender,
    event,
    record,
    sent,
)
from messaging.wire.encoding import text
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.messaging.sending_service import (
    REPLY_EXPECTED,
    CheckOrder,
    PackOrder,
    arrived,
    attribute,
    consumer_sending,
    header_of,
    sending_harness,
)

# A body that the runtime does not write: spaces, an unknown field, a number with an exponent.
BODY = '{ "id" : "7", "weight":25e-1,\n "colour": "\\u00fc \\u2028 ü", "note": "" }'


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    return sending_harness()


def forwarding() -> Consumer:
    return consumer_sending(lambda context: context.forward(to="Warehouse"))


def forward(harness: ConsumerHarness, received: Mapping[str, Any]) -> Message:
    """Forward a command; return the message that the other service receives."""
    response = forwarding()(event(received), FakeLambdaContext())
    assert response == {"batchItemFailures": []}
    (message,) = arrived(harness)["MsgIn"]
    return message


def received(
    attributes: Mapping[str, Any] | None = None, sender: str = Sender.SNS, **header: Any
) -> dict[str, Any]:
    """Return the record of a command from a service Shop."""
    fields = {"id": "m", "correlationid": "c", **header}
    own = {
        "msgTag": text("PackOrder"),
        "fromService": text("Shop"),
        "header": text(msgspec.json.encode(fields).decode()),
    }
    return record(BODY, {**own, **(attributes or {})}, sender=sender)


def test_its_body_is_not_changed(harness: ConsumerHarness) -> None:
    assert forward(harness, received())["Body"] == BODY


def test_its_application_attributes_are_not_changed(harness: ConsumerHarness) -> None:
    own = {
        "weight": {"DataType": "Number", "StringValue": "2.50"},
        "tags": {"DataType": "String.Array", "StringValue": '["a", "b"]'},
        "amount": {"DataType": "Number.custom", "StringValue": "7"},
    }

    message = forward(harness, received(own))

    found = message["MessageAttributes"]
    assert {name: found[name] for name in own} == own
    assert set(found) == {*own, "msgTag", "fromService", "header"}


def test_a_binary_attribute_is_forwarded(harness: ConsumerHarness) -> None:
    picture = {"DataType": "Binary", "BinaryValue": b"\x00\xff"}

    message = forward(harness, received({"picture": picture}))

    assert message["MessageAttributes"]["picture"] == picture


def test_a_text_that_no_filter_passes_is_not_forwarded_to_a_topic(harness: ConsumerHarness) -> None:
    forwarding()(event(received({"note": text('"')})), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert "the attribute 'note' of PackOrder has a quotation mark" in letter.reason


def test_it_has_a_new_sender_and_an_id_of_its_own(harness: ConsumerHarness) -> None:
    message = forward(harness, received())

    assert attribute(message, "fromService") == "Test"
    assert header_of(message)["source"] == "/test/Test"
    assert message.id != "m"


def test_it_continues_the_conversation(harness: ConsumerHarness) -> None:
    header = header_of(forward(harness, received(hops=3)))

    assert (header["correlationid"], header["causationid"], header["hops"]) == ("c", "m", 4)


def test_the_services_that_wait_travel_with_it(harness: ConsumerHarness) -> None:
    stack: dict[str, Any] = {"requestservices": ["Till", "Shop"], "requestids": ["1", "2"]}

    message = forward(harness, received({"requestService": text("Shop")}, **stack))

    assert attribute(message, "requestService") == "Shop"
    header = header_of(message)
    assert {name: header[name] for name in stack} == stack


def test_if_no_service_waits_none_waits_afterwards(harness: ConsumerHarness) -> None:
    """Not even if the attribute names one that the header does not."""
    message = forward(harness, received({"requestService": text("Shop")}))

    assert attribute(message, "requestService") is None
    assert "requestservices" not in header_of(message)


def test_a_command_of_the_service_itself_is_no_reply(harness: ConsumerHarness) -> None:
    stack: dict[str, Any] = {"requestservices": ["Test"], "requestids": ["1"]}

    assert attribute(forward(harness, received(**stack)), "requestService") == "Test"


def test_its_schema_and_expiry_are_not_changed(harness: ConsumerHarness) -> None:
    """The document is the sender's, by the sender's schema, and expires at the same time."""
    methods: dict[str, Any] = {
        "dataschema": "PackOrder/7",
        "datacontenttype": "application/vnd.shop+json",
        "expires": "2999-01-01T00:00:00Z",
    }

    header = header_of(forward(harness, received(**methods)))

    assert {name: header[name] for name in methods} == methods


def test_its_attempts_start_again(harness: ConsumerHarness) -> None:
    past = {"attempt": 2, "firstreceived": "2026-01-01T00:00:00Z", "error": "no"}

    retry = {"retry": text(msgspec.json.encode(past).decode())}
    message = forward(harness, received(retry, Sender.CONSUMER))

    assert attribute(message, "retry") is None


def test_attributes_packed_in_retry_are_attributes_again(
    harness: ConsumerHarness,
) -> None:
    inside = {"weight": {"DataType": "Number", "StringValue": "2.5"}}
    past = {"attempt": 2, "firstreceived": "2026-01-01T00:00:00Z", "attributes": inside}

    retry = {"retry": text(msgspec.json.encode(past).decode())}
    message = forward(harness, received(retry, Sender.CONSUMER))

    assert attribute(message, "weight") == "2.5"


def test_a_redriven_dead_letter_is_forwarded_without_its_reason(
    harness: ConsumerHarness,
) -> None:
    why = {"reason": "the warehouse was closed", "cause": "attempts"}

    message = forward(harness, received({"deadLetter": text(msgspec.json.encode(why).decode())}))

    assert attribute(message, "deadLetter") is None


def test_a_command_without_a_header_is_forwarded_too(harness: ConsumerHarness) -> None:
    given = record(BODY, {"msgTag": text("PackOrder")}, sqs_id="outside")

    header = header_of(forward(harness, given))

    assert (header["correlationid"], header["causationid"]) == ("outside", "outside")


def test_a_command_that_sns_would_drop_is_not_forwarded(
    harness: ConsumerHarness,
) -> None:
    """A raw message with more than ten attributes is accepted and dropped."""
    full = {f"x{number}": text("1") for number in range(7)}
    assert len(forward(harness, received(full))["MessageAttributes"]) == 10

    expected: dict[str, Any] = {"requestservices": ["Shop"], "requestids": ["1"]}
    forwarding()(event(received(full, **expected)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert (
        letter.reason == "MessageLimitExceeded: PackOrder would have 11 attributes; the limit is 10"
    )
    assert arrived(harness) == {}


def test_a_command_that_is_too_large_for_a_topic_is_not_forwarded(
    harness: ConsumerHarness,
) -> None:
    large = received()
    large["body"] = BODY + " " * MAX_TOPIC_BYTES

    forwarding()(event(large), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert letter.reason.startswith("MessageLimitExceeded: PackOrder has ")
    assert harness.sent_to("Warehouse") == []


def test_copies_are_forwarded_as_the_same_message(harness: ConsumerHarness) -> None:
    ids = {forward(harness, received()).id for _ in range(2)}

    assert len(ids) == 1


def test_the_message_group_is_forwarded(mocked_aws: None) -> None:
    class PackInOrder(PackOrder, frozen=True, kw_only=True):
        msg_tag: ClassVar[str] = "PackInOrder"
        group: ClassVar[str | None] = "id"

    harness = sending_harness(sends={"Warehouse": (PackInOrder,)})
    consumer = Consumer()

    @consumer.on(PackInOrder)
    def pack(_: PackInOrder, context: Context) -> None:
        context.forward(to="Warehouse")

    consumer(event(sent(PackInOrder(id="7"))), FakeLambdaContext())

    (message,) = harness.sent_to("Warehouse")
    assert message["Attributes"]["MessageGroupId"] == "7"


# What cannot be forwarded.


def refusal(message: Any, to: str) -> str:
    """Forward a message that may not be; return the text of the error."""
    errors: list[str] = []
    consumer = Consumer()

    @consumer.on(type(message))
    def pack(_: object, context: Context) -> None:
        with pytest.raises(NotDeclared) as caught:
            context.forward(to=to)
        errors.append(str(caught.value))

    consumer(event(sent(message, REPLY_EXPECTED, sender=Sender.CONSUMER)), FakeLambdaContext())
    (why,) = errors
    return why


def test_an_event_is_not_forwarded(harness: ConsumerHarness) -> None:
    why = refusal(OrderPlaced(id="1"), "Warehouse")

    assert why == "OrderPlaced is an event; only commands can be forwarded"
    assert arrived(harness) == {}


@pytest.mark.parametrize(("command", "to"), [(CheckOrder(), "Warehouse"), (PackOrder(), "Nowhere")])
def test_a_command_is_forwarded_only_where_the_service_may_send_it(
    harness: ConsumerHarness, command: Command, to: str
) -> None:
    assert refusal(command, to) == (
        f"Test does not send {command.msg_tag} to {to}: add it to `sends` of Test "
        f"and to `accepts` of a consumer of {to} in the topology, "
        "and to `sends` and `recipients` of this function if it has its own"
    )
    assert arrived(harness) == {}
