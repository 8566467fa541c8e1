"""The attribute `header` is bytes; a text, as version 0.2.0 sent it, is read too."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from messaging import Consumer, Context, InvalidMessage
from messaging.testing import ConsumerHarness, FakeLambdaContext, Sender, event, record, state
from messaging.wire.decoding import open_record
from messaging.wire.encoding import Attributes, binary, text, to_json_bytes
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.messaging.round_trips import InQueue, notification, requeue
from topology.rules.messages import TAG
from topology.rules.naming import SERVICE

MakeHarness = Callable[..., ConsumerHarness]
DOCUMENT = ' {"id": "order-7", "source":"/partner/Shop", "unknown": "\\u00e4"}'
FORMS = {"bytes": binary(DOCUMENT.encode()), "text": text(DOCUMENT)}


def publish(sns: Any, topic: str) -> None:
    """Publish an event as a program outside the system does."""
    header = {"id": "order-7", "source": "/partner/Shop"}
    sns.publish(
        TopicArn=topic,
        Message=json.dumps({"id": "7"}),
        MessageAttributes={
            "msgTag": {"DataType": "String", "StringValue": "OrderPlaced"},
            "header": {"DataType": "Binary", "BinaryValue": json.dumps(header).encode()},
        },
    )


def tagged(**more: Any) -> Attributes:
    return {"msgTag": text("OrderPlaced"), **more}


@pytest.mark.parametrize("header", FORMS.values(), ids=FORMS)
def test_both_forms_are_read(header: dict[str, Any]) -> None:
    envelope = open_record(record("{}", tagged(header=header)))
    assert (envelope.header.id, envelope.header.source) == ("order-7", "/partner/Shop")


@pytest.mark.parametrize("header", FORMS.values(), ids=FORMS)
def test_both_forms_are_read_where_sns_has_wrapped_the_message(header: dict[str, Any]) -> None:
    envelope = open_record(record(notification("{}", tagged(header=header))))
    assert envelope.header.id == "order-7"


@pytest.mark.parametrize("header", FORMS.values(), ids=FORMS)
def test_a_copy_keeps_the_form_and_every_byte(header: dict[str, Any]) -> None:
    copy = requeue(InQueue("{}", tagged(header=header)))
    assert copy.attributes["header"] == header


@pytest.mark.parametrize("header", FORMS.values(), ids=FORMS)
def test_a_dead_letter_keeps_the_form_and_every_byte(
    make_harness: MakeHarness, header: dict[str, Any]
) -> None:
    harness = make_harness()
    harness.put("no JSON", tagged(header=header))

    harness.run_until_idle(consumer())

    (letter,) = harness.dead_letters()
    assert letter["MessageAttributes"]["header"] == header
    assert letter.id == state(header)["id"] == "order-7"


def test_a_copy_of_a_message_without_a_header_gets_one_as_bytes() -> None:
    header = requeue(InQueue("{}", tagged())).attributes["header"]
    assert header["DataType"] == "Binary"
    assert state(header)["id"]


@pytest.mark.parametrize(
    "header",
    [binary(b"\xff"), binary(b'{"id":"\xff"}'), binary(b"[]"), binary(b"{"), text('{\\"id\\":5}')],
)
def test_a_header_that_is_no_json_of_a_header_is_invalid(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage, match="the attribute header is not valid"):
        open_record(record("{}", tagged(header=header)))


@pytest.mark.parametrize("character", ['"', "\\", "\t", "\n"])
def test_no_attribute_of_the_runtime_has_a_character_that_filters_cannot_read(
    character: str,
) -> None:
    assert not SERVICE.fullmatch(f"Shop{character}")
    assert not TAG.fullmatch(f"OrderPlaced{character}")
    waiting = binary(to_json_bytes({"id": "1", "requestservices": [f"Shop{character}"]}))
    with pytest.raises(InvalidMessage, match="requestservices"):
        open_record(record("{}", tagged(header=waiting)))


@pytest.mark.parametrize("value", ["no base64!", "eyJp", "ä"])
def test_a_header_that_is_no_base64_is_an_invalid_message(
    make_harness: MakeHarness, value: str
) -> None:
    harness = make_harness()
    odd = record("{}", tagged())
    odd["messageAttributes"]["header"] = {"dataType": "Binary", "binaryValue": value}

    assert consumer()(event(odd), FakeLambdaContext()) == {"batchItemFailures": []}

    (letter,) = harness.dead_letters()
    assert letter.cause == "invalid"


def test_a_text_that_no_filter_passes_may_travel_on_a_queue(make_harness: MakeHarness) -> None:
    harness = make_harness()
    harness.put('{"id":"7"}', tagged(note=text('"')), sender=Sender.CONSUMER)
    assert harness.run_until_idle(consumer()) == 1
    assert harness.dead_letters() == []


def consumer() -> Consumer:
    made = Consumer()

    @made.on(OrderPlaced)
    def handle(order: OrderPlaced, context: Context) -> None:
        pass

    return made
