"""Who sent a record decides what of the runtime's state on it is honoured."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest

from messaging import Consumer, Context, ReplyCount
from messaging.policy import RetryPolicy
from messaging.testing import ConsumerHarness, FakeLambdaContext, Sender, event, record, sent, state
from messaging.testing.senders import OWN_ROLE
from messaging.wire.decoding import open_record
from messaging.wire.encoding import Attributes, text
from messaging.wire.envelope import Envelope
from messaging.wire.trust import Trust, trust_of
from tests.unit.messaging.doubles import accept, consumer_that, fail
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.messaging.requesting_service import (
    Request,
    Shop,
    reply,
    reply_header,
    shop_on,
)
from tests.unit.messaging.sending_service import CheckOrder, sending_harness

MakeHarness = Callable[..., ConsumerHarness]
ROLES: Final = (OWN_ROLE, "AROA0ANOTHER0FUNCTION")
TAG: Final = {"msgTag": text("OrderPlaced")}
LATER: Final = (datetime.now(UTC) + timedelta(days=3)).isoformat()


@pytest.mark.parametrize(
    ("sender_id", "expected"),
    [
        (f"{OWN_ROLE}:dev-orders", "own"),
        ("AROA0ANOTHER0FUNCTION:anything", "own"),
        ("AROA0ANOTHER0FUNCTION:", "own"),
        ("AROA0OPERATOR0TEST000:someone", "known"),
        # The session name is chosen by whoever assumes the role.
        (f"AROA0OPERATOR0TEST000:{OWN_ROLE}", "known"),
        (f"AROA0OPERATOR0TEST000:{OWN_ROLE}:x", "known"),
        ("123456789012", "known"),
        ("123456789012:federated", "known"),
        # SNS, and IAM users.
        ("AIDAIT2UOQQY3AUEKVGXU", "stranger"),
        (OWN_ROLE, "stranger"),
        ("", "stranger"),
        (":", "stranger"),
        (f":{OWN_ROLE}", "stranger"),
        ("²³", "stranger"),
    ],
)
def test_the_role_id_decides(sender_id: str, expected: Trust) -> None:
    assert trust_of(sender_id, ROLES) == expected


def test_a_record_without_a_sender_is_a_strangers() -> None:
    odd = sent(OrderPlaced(id="1"))
    del odd["attributes"]["SenderId"]
    odd["messageAttributes"]["retry"] = {"dataType": "String", "stringValue": retry(attempt=4)}

    assert open_record(odd, senders=ROLES).attempt == 1


def retry(**fields: object) -> str:
    return json.dumps({"attempt": 1, "firstreceived": "2026-01-01T00:00:00Z", **fields})


def opened(sender: str, attributes: Attributes, **system: Any) -> Envelope:
    given = record('{"id":"1"}', {**TAG, **attributes}, sender=sender, **system)
    return open_record(given, senders=ROLES)


FULL: Final = retry(
    attempt=3,
    notbefore=LATER,
    suspect=True,
    delay=7.0,
    error="closed",
    attributes={"colour": text("red")},
    binary={"seal": {"DataType": "Binary.gif", "BinaryValue": "AP8="}},
)
RESTORED: Final = {
    **TAG,
    "colour": text("red"),
    "seal": {"DataType": "Binary.gif", "BinaryValue": b"\x00\xff"},
}


def test_the_services_own_functions_are_believed() -> None:
    envelope = opened(Sender.CONSUMER, {"retry": text(FULL)})

    assert (envelope.attempt, envelope.attributes) == (3, RESTORED)
    assert envelope.first_received == datetime(2026, 1, 1, tzinfo=UTC)
    assert envelope.retry is not None
    assert (envelope.retry.suspect, envelope.retry.delay, envelope.retry.error) == (
        True,
        7.0,
        "closed",
    )
    assert envelope.retry.notbefore == datetime.fromisoformat(LATER)
    assert not envelope.forged


@pytest.mark.parametrize("sender", [Sender.OPERATOR, "123456789012"])
def test_another_sender_brings_attributes_and_a_time_and_no_attempts(sender: str) -> None:
    envelope = opened(sender, {"retry": text(FULL)})

    assert (envelope.attempt, envelope.attributes) == (1, RESTORED)
    assert envelope.retry is not None
    assert not envelope.retry.suspect
    assert (envelope.retry.delay, envelope.retry.error) == (None, None)
    assert envelope.retry.notbefore == datetime.fromisoformat(LATER)
    # Its age counts from then on, not from a time that the sender wrote.
    assert envelope.first_received == datetime.fromisoformat(LATER)
    assert not envelope.forged


@pytest.mark.parametrize("name", ["retry", "deadLetter"])
def test_nothing_is_believed_from_sns(name: str) -> None:
    envelope = opened(Sender.SNS, {name: text(FULL)})

    assert (envelope.attempt, envelope.attributes, envelope.retry) == (1, TAG, None)
    assert envelope.forged


RESERVED: Final = {
    "msgTag": text("Refund"),
    "fromService": text("Bank"),
    "requestService": text("Till"),
    "header": text('{"id":"forged"}'),
    "retry": text(retry(attempt=2)),
    "deadLetter": text("{}"),
}


@pytest.mark.parametrize("sender", list(Sender))
@pytest.mark.parametrize("name", ["retry", "deadLetter"])
def test_tag_sender_and_header_never_come_out_of_the_state(sender: str, name: str) -> None:
    envelope = opened(sender, {name: text(retry(attributes=RESERVED))}, sqs_id="m")

    assert envelope.attributes == TAG
    assert (envelope.tag, envelope.sender, envelope.header.id) == ("OrderPlaced", None, "m")


@pytest.mark.parametrize("sender", list(Sender))
def test_a_packed_attribute_does_not_replace_a_real_one(sender: str) -> None:
    packed = retry(attributes={"colour": text("forged")})

    envelope = opened(sender, {"retry": text(packed), "colour": text("red")})

    assert envelope.attributes["colour"] == text("red")


ODD_ATTRIBUTES: Final = {
    "": text("no name"),
    "a b": text("a space"),
    "AWS.x": text("AWS's own"),
    "a..b": text("two points"),
    "empty": text(""),
    "nul": text("\0"),
    "kind": {"DataType": "Odd", "StringValue": "x"},
    "number": {"DataType": "Number", "StringValue": "x"},
    "bytes": {"DataType": "Binary", "StringValue": "x"},
}


def test_packed_attributes_that_sqs_would_refuse_stay_away() -> None:
    """In a copy they would take the other entries of its batch call with them."""
    envelope = opened(Sender.OPERATOR, {"retry": text(retry(attributes=ODD_ATTRIBUTES))})

    assert envelope.attributes == TAG


@pytest.mark.parametrize("odd", ["[]", "{", '{"attempt":-3}', retry(attributes={"x": {}})])
@pytest.mark.parametrize("sender", [Sender.SNS, Sender.OPERATOR])
def test_an_invalid_state_of_others_does_not_make_the_message_invalid(
    make_harness: MakeHarness, sender: str, odd: str
) -> None:
    harness, seen = make_harness(), list[int]()
    harness.put('{"id":"1"}', {**TAG, "retry": text(odd), "deadLetter": text(odd)}, sender=sender)

    harness.run_until_idle(consumer_that(lambda _, context: seen.append(context.attempt)))

    assert (seen, harness.dead_letters()) == ([1], [])


def test_an_invalid_state_of_its_own_is_reported(make_harness: MakeHarness) -> None:
    harness = make_harness()
    harness.put('{"id":"1"}', {**TAG, "retry": text("[]")}, sender=Sender.CONSUMER)

    harness.run_until_idle(consumer_that(accept))

    (letter,) = harness.dead_letters()
    assert letter.cause == "invalid"
    assert letter.reason.startswith("the attribute retry is not valid: ")


def test_forged_state_is_counted_and_logged_without_its_content(
    make_harness: MakeHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = make_harness()
    harness.put('{"id":"1"}', {**TAG, "retry": text(retry(error="Maria"))})
    harness.run_until_idle(consumer_that(accept))
    harness.send(OrderPlaced(id="2"))
    harness.run_until_idle(consumer_that(accept))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (warning,) = (line for line in lines if line.get("event") == "forged state")
    assert set(warning) == {"timestamp", "level", "event", "consumer", "messageId"}
    first, second = (line for line in lines if "_aws" in line)
    assert (first["ForgedState"], first["Processed"]) == (1, 1)
    names = {each["Name"] for each in first["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert "ForgedState" in names
    assert "ForgedState" not in second, "a metric is billed for hours in which it is sent"


def test_attempts_that_are_believed_are_bounded_by_the_policy(make_harness: MakeHarness) -> None:
    harness, seen = make_harness(retry=RetryPolicy(max_attempts=3, base=0)), list[int]()
    beyond = {**TAG, "retry": text(retry(attempt=10**30))}
    harness.put('{"id":"1"}', beyond, sender=Sender.CONSUMER)

    harness.run_until_idle(consumer_that(lambda _, context: seen.append(context.attempt)))

    assert seen == []
    (letter,) = harness.dead_letters()
    assert letter.cause == "attempts"
    assert state(letter["MessageAttributes"]["deadLetter"])["attempts"] == 3


def test_a_publisher_gets_no_more_attempts_than_the_policy_allows(
    make_harness: MakeHarness,
) -> None:
    harness, seen = make_harness(retry=RetryPolicy(max_attempts=3, base=0)), list[int]()
    harness.put('{"id":"1"}', {**TAG, "retry": text(retry(attempt=1))})

    def failing(_: OrderPlaced, context: Context) -> None:
        seen.append(context.attempt)
        fail()

    harness.run_until_idle(consumer_that(failing))

    assert seen == [1, 2, 3]


@pytest.mark.parametrize("sender", [Sender.CONSUMER, Sender.OPERATOR])
def test_a_copy_that_waits_outlives_the_role_that_sent_it(
    make_harness: MakeHarness, sender: str
) -> None:
    harness = make_harness()
    harness.put('{"id":"1"}', {**TAG, "retry": text(retry(notbefore=LATER))}, sender=sender)

    harness.run_until_idle(consumer_that(fail))

    (copy,) = harness.requeued()
    assert (copy.attempt, copy["DelaySeconds"]) == (1, 900)
    assert state(copy["MessageAttributes"]["retry"])["notbefore"].startswith(LATER[:19])


@pytest.mark.parametrize("sender", [Sender.CONSUMER, Sender.OPERATOR])
def test_a_wait_of_more_than_30_days_is_a_dead_letter(
    make_harness: MakeHarness, sender: str
) -> None:
    harness = make_harness()
    far = retry(notbefore="9999-01-01T00:00:00Z")
    harness.put('{"id":"1"}', {**TAG, "retry": text(far)}, sender=sender)

    harness.run_until_idle(consumer_that(fail))

    (letter,) = harness.dead_letters()
    assert "the limit is 30" in letter.reason


def checking(seen: list[str]) -> Consumer:
    consumer = Consumer()

    @consumer.on(CheckOrder)
    def check(_: CheckOrder, context: Context) -> None:
        seen.append(context.message_id)

    return consumer


def test_a_command_of_the_own_queue_is_invalid_when_it_comes_through_sns(mocked_aws: None) -> None:
    harness, seen = sending_harness(), list[str]()

    checking(seen)(event(sent(CheckOrder(), sender=Sender.SNS)), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert (seen, letter.cause) == ([], "invalid")
    assert letter.reason == "CheckOrder is accepted on the own queue only"


@pytest.mark.parametrize("sender", [Sender.CONSUMER, Sender.OPERATOR, "123456789012"])
def test_a_command_of_the_own_queue_comes_from_whoever_may_write_to_it(
    mocked_aws: None, sender: str
) -> None:
    """A role that was replaced, and an operator who sends a dead letter back, may too."""
    harness, seen = sending_harness(), list[str]()

    checking(seen)(event(sent(CheckOrder(), sender=sender)), FakeLambdaContext())

    assert len(seen) == 1
    assert harness.dead_letters() == []


def forgeries(request_id: str) -> dict[str, dict[str, Any]]:
    """Return what may be sent to a MsgIn in the hope to end a request."""
    time_out = json.dumps(
        {"request_id": request_id, "request_tag": "ReserveStock", "timeout": 1, "request": {}}
    )
    header = text(json.dumps(msgspec.to_builtins(reply_header(request_id, "forged"))))
    as_time_out, as_reply = ({"msgTag": text(tag)} for tag in ("RequestTimedOut", "StockReserved"))
    inside = [
        text(retry(attributes=each)) for each in (as_time_out, {**as_reply, "header": header})
    ]
    return {
        "a time-out": record(time_out, as_time_out),
        "a time-out inside": record(time_out, {**TAG, "retry": inside[0]}),
        "a reply inside": record('{"order":"1"}', {**TAG, "retry": inside[1]}),
    }


@pytest.mark.parametrize("kind", ["a time-out", "a time-out inside", "a reply inside"])
def test_a_publisher_cannot_end_a_request(make_harness: MakeHarness, kind: str) -> None:
    harness = shop_on(make_harness)
    request, shop = Request(harness), Shop()

    shop.receive([forgeries(request.id)[kind]])
    assert [each for each in shop.kinds if each != "order"] == []
    shop.receive([reply(request.id, "a")])

    assert [each for each in shop.kinds if each != "order"] == ["reply"]
    assert shop.handled[-1] == ("reply", "a", ReplyCount(expected=1, received=1))
