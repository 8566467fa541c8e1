"""Publishing: what is checked at the sender, and what is sent."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import msgspec
import pytest
from botocore.exceptions import ClientError

from contracts import Event
from messaging.aws import clients as aws
from messaging.errors import InvalidMessage, MessageLimitExceeded, PublishFailed
from messaging.limits import MAX_TOPIC_BYTES
from messaging.sending import address, publisher
from messaging.sending.compose import compose
from messaging.sending.outgoing import OutgoingMessage
from messaging.settings import Settings, settings
from messaging.testing import ConsumerHarness, state
from messaging.wire import encoding as wire
from messaging.wire.header import Header
from tests.unit.messaging.orders import OrderPacked, OrderPlaced, publish_now
from topology.filters import equals
from topology.filters.matching import matches
from topology.filters.policies import FilterPolicy

MakeHarness = Callable[..., ConsumerHarness]
CONFIG = Settings(
    stage="test", service="Shop", msg_out_arn="", publishes=("OrderPlaced", "OrderPacked", "Odd")
)


def out(event: Event, config: Settings = CONFIG, id_: str = "1") -> OutgoingMessage:
    return compose(event, Header(id=id_), config, address.msg_out(event, config))


def test_a_message_has_its_tag_its_sender_its_header_and_its_attributes() -> None:
    message = out(OrderPlaced(id="7", total=49.5, tags=("a", "b"), gift=True))

    attributes = message.attributes
    assert attributes["msgTag"] == wire.text("OrderPlaced")
    assert attributes["fromService"] == wire.text("Shop")
    assert attributes["total"] == {"DataType": "Number", "StringValue": "49.5"}
    assert attributes["country"] == {"DataType": "String", "StringValue": "DE"}
    assert attributes["tags"] == {"DataType": "String.Array", "StringValue": '["a","b"]'}
    assert attributes["gift"] == {"DataType": "String", "StringValue": "true"}
    assert attributes["header"]["DataType"] == "Binary"
    header = state(attributes["header"])
    assert header.pop("time")
    assert header == {
        "id": "1",
        "source": "/test/Shop",
        "type": "OrderPlaced",
        "dataschema": "OrderPlaced/1",
    }


def test_its_size_is_what_sns_counts() -> None:
    message = out(OrderPlaced(id="7"))
    assert message.bytes == wire.size(message.body, message.attributes)
    assert message.bytes == len(message.body) + sum(
        len(name) + len(value["DataType"]) + len(value.get("StringValue") or value["BinaryValue"])
        for name, value in message.attributes.items()
    )


def test_a_message_that_does_not_fit_its_contract_is_an_error_at_the_sender() -> None:
    with pytest.raises(InvalidMessage, match=r"OrderPlaced does not fit its contract: .*total"):
        out(OrderPlaced(id="1", total=-1))


def test_a_message_that_the_topology_does_not_declare_is_refused() -> None:
    config = msgspec.structs.replace(CONFIG, publishes=("OrderPacked",))
    with pytest.raises(InvalidMessage, match="Shop does not publish OrderPlaced: add it to"):
        out(OrderPlaced(id="1"), config)


def test_a_message_over_the_byte_limit_is_refused() -> None:
    spare = MAX_TOPIC_BYTES - out(OrderPacked(id="1")).bytes
    assert out(OrderPacked(id="1", note="x" * spare)).bytes == MAX_TOPIC_BYTES
    with pytest.raises(MessageLimitExceeded, match=f"the limit of a topic is {MAX_TOPIC_BYTES}"):
        out(OrderPacked(id="1", note="x" * (spare + 1)))


def test_an_attribute_over_the_limit_is_refused() -> None:
    class Odd(Event, frozen=True, kw_only=True):
        msg_tag: ClassVar[str] = "Odd"
        attributes: ClassVar[tuple[str, ...]] = ("a", "b", "c", "d", "e", "f")
        a: int = 1

    with pytest.raises(MessageLimitExceeded, match="6 attributes; the limit is 5"):
        out(Odd())


@pytest.mark.parametrize("value", ["", "nul\0", "\x1b[1m", "\ufffe", {"a": 1}])
def test_a_value_that_cannot_be_an_attribute_is_refused(value: Any) -> None:
    class Odd(Event, frozen=True, kw_only=True):
        msg_tag: ClassVar[str] = "Odd"
        attributes: ClassVar[tuple[str, ...]] = ("a",)
        a: Any

    with pytest.raises(InvalidMessage, match="'a' cannot be a message attribute"):
        out(Odd(a=value))


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), 1e127, 1e-129, 10**126 + 1, 10**38 + 1]
)
def test_a_number_that_aws_refuses_is_no_attribute(value: float) -> None:
    """SNS would refuse it together with the whole batch."""
    with pytest.raises(InvalidMessage, match="'a' cannot be a message attribute"):
        wire.attribute("a", value)


@pytest.mark.parametrize("value", [0, 0.0, -0.0, 10**38 - 1, 1 - 10**38, 10**125, 1e126, 1e-128])
def test_a_number_at_the_limits_is_an_attribute(value: float) -> None:
    assert wire.attribute("a", value)["DataType"] == "Number"


@pytest.mark.parametrize(
    "value",
    [
        "10\u00a0000 EUR",
        "line\nline",
        "tab\there",
        "\r",
        " ",
        "\x7f\x85",
        "\u2028",
        "\ue000",
        "\ufffd",
    ],
)
def test_every_text_that_sns_accepts_may_be_an_attribute(value: str) -> None:
    assert wire.attribute("a", value) == {"DataType": "String", "StringValue": value}


@pytest.mark.parametrize(
    "code", [*range(9), 11, 12, *range(14, 32), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF]
)
def test_no_text_that_sns_refuses_may_be_an_attribute(code: int) -> None:
    with pytest.raises(InvalidMessage, match="'a' cannot be a message attribute"):
        wire.attribute("a", f"x{chr(code)}y")


@pytest.mark.parametrize("country", ['D"E', "D\\E", "D\tE", "D\nE"])
def test_a_text_that_no_filter_of_a_topic_passes_is_refused(country: str) -> None:
    with pytest.raises(InvalidMessage, match=r"'country' of OrderPlaced.*no subscription with a"):
        out(OrderPlaced(id="7", country=country))


@pytest.mark.parametrize("country", ["D'E", "Österreich", "10\u00a0000 EUR", "\x7f\x85", "\u2028"])
def test_every_other_text_reaches_a_subscription_with_a_filter(country: str) -> None:
    message = out(OrderPlaced(id="7", country=country, tags=('"', "\\", "\t")))
    assert matches(FilterPolicy(({"msgTag": equals("OrderPlaced")},)), message.attributes)


def test_a_list_with_a_quotation_mark_is_compared_element_by_element() -> None:
    message = out(OrderPlaced(id="7", tags=('say "a"', "b")))
    assert matches(FilterPolicy(({"tags": equals("b")},)), message.attributes)


def test_an_absent_value_is_an_absent_attribute() -> None:
    class Odd(Event, frozen=True, kw_only=True):
        msg_tag: ClassVar[str] = "Odd"
        attributes: ClassVar[tuple[str, ...]] = ("a",)
        a: Annotated[str | None, "may be missing"] = None

    assert "a" not in out(Odd()).attributes


def test_characters_that_sqs_refuses_are_escaped() -> None:
    message = out(OrderPacked(id="\x00\x0b\ufffe\uffff\U0001f984"))
    assert message.body == '{"id":"\\u0000\\u000b\\ufffe\\uffff\U0001f984","note":""}'
    assert (
        msgspec.json.decode(message.body, type=OrderPacked).id == "\x00\x0b\ufffe\uffff\U0001f984"
    )


def test_text_that_is_not_valid_unicode_is_refused() -> None:
    with pytest.raises(InvalidMessage, match="cannot be written as JSON"):
        out(OrderPacked(id="\ud800"))


def test_publishing_at_once_returns_the_message_id(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,))

    message_id = publish_now(OrderPacked(id="1"))

    (message,) = harness.published()
    header = state(message["MessageAttributes"]["header"])
    assert (header["id"], header["correlationid"]) == (message_id, "c")


def test_a_message_that_sns_refuses_is_an_error(make_harness: MakeHarness) -> None:
    make_harness(publishes=(OrderPacked,))
    gone = msgspec.structs.replace(settings(), msg_out_arn=settings().msg_out_arn + "-gone")
    ConsumerHarness.use(make_harness(), gone)

    with pytest.raises(PublishFailed, match=r"OrderPacked .*NotFound"):
        publish_now(OrderPacked(id="1"))


def test_a_batch_that_fails_in_part_names_the_messages_that_were_not_sent(
    mocked_aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(**request: Any) -> dict[str, Any]:
        failed = [
            {"Id": entry["Id"], "Code": "InternalError"} for entry in request["entries"][1::2]
        ]
        return {"Failed": failed}

    monkeypatch.setenv("WAYSTATION", CONFIG.to_environment()["WAYSTATION"])
    client = aws.client("sns")
    monkeypatch.setattr(
        client,
        "publish_batch",
        lambda **request: half(entries=request["PublishBatchRequestEntries"]),
    )
    messages = [out(OrderPacked(id="1"), id_=str(n)) for n in range(4)]

    assert {id_ for _, _, id_, _ in publisher.send(messages)} == {"1", "3"}


def test_of_two_messages_with_one_id_only_the_refused_one_has_failed(
    mocked_aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_the_first(**_: Any) -> dict[str, Any]:
        return {"Failed": [{"Id": "0", "Code": "Throttled", "Message": ""}]}

    monkeypatch.setenv("WAYSTATION", CONFIG.to_environment()["WAYSTATION"])
    monkeypatch.setattr(aws.client("sns"), "publish_batch", refuse_the_first)
    one, other = out(OrderPacked(id="1"), id_="same"), out(OrderPlaced(id="1"), id_="same")

    assert set(publisher.send([one, other])) == {one.key}


def test_a_call_that_fails_fails_every_message_of_its_batch_only(
    mocked_aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def second_fails(**request: Any) -> dict[str, Any]:
        calls.append(len(request["PublishBatchRequestEntries"]))
        if len(calls) == 2:
            raise ClientError({"Error": {"Code": "Throttled"}}, "PublishBatch")
        return {"Failed": []}

    monkeypatch.setenv("WAYSTATION", CONFIG.to_environment()["WAYSTATION"])
    monkeypatch.setattr(aws.client("sns"), "publish_batch", second_fails)
    messages = [out(OrderPacked(id="1"), id_=str(n)) for n in range(23)]

    failed = publisher.send(messages)

    assert calls == [10, 10, 3]
    assert {id_ for _, _, id_, _ in failed} == {str(n) for n in range(10, 20)}
