"""A record that cannot be read becomes a dead letter alone: its neighbours are handled."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from messaging.testing import ConsumerHarness, FakeLambdaContext, Sender, event, record, sent, state
from messaging.wire.encoding import text
from tests.unit.messaging.doubles import Calls, consumer_that
from tests.unit.messaging.orders import OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]
TAG = {"msgTag": text("OrderPlaced")}


def with_attribute(**value: object) -> dict[str, Any]:
    odd = sent(OrderPlaced(id="odd"))
    odd["messageAttributes"]["x"] = value
    return odd


def with_system(**values: object) -> dict[str, Any]:
    odd = sent(OrderPlaced(id="odd"))
    odd["attributes"] |= values
    return odd


def wrapped(message: str, **attributes: dict[str, str]) -> dict[str, Any]:
    inner = {"msgTag": {"Type": "String", "Value": "OrderPlaced"}, **attributes}
    document = {
        "Type": "Notification",
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:topic",
        "Message": message,
        "MessageAttributes": inner,
    }
    return record(json.dumps(document))


def of(**attributes: str) -> dict[str, Any]:
    given = {**TAG, **{name: text(value) for name, value in attributes.items()}}
    return record('{"id":"odd"}', given, sender=Sender.CONSUMER)


def retry(**fields: object) -> dict[str, Any]:
    state = {"attempt": 1, "firstreceived": "2026-01-01T00:00:00Z", **fields}
    return of(retry=json.dumps(state))


INVALID = {
    "a value that is not base64": with_attribute(dataType="Binary", binaryValue="base64Str"),
    "a count that is no number": with_system(ApproximateReceiveCount="x"),
    "a time that is no number": with_system(ApproximateFirstReceiveTimestamp="x"),
    "a time beyond all times": with_system(ApproximateFirstReceiveTimestamp=str(10**30)),
    "an attribute that is none": {**sent(OrderPlaced(id="odd")), "messageAttributes": {"x": "y"}},
    "attributes that are none": {**sent(OrderPlaced(id="odd")), "messageAttributes": "y"},
    "wrapped bytes that are not base64": wrapped("{}", x={"Type": "Binary", "Value": "?"}),
    "a wrapped attribute without a value": wrapped("{}", x={"Type": "String", "Value": ""}),
    "a wrapped attribute that SQS refuses": wrapped("{}", x={"Type": "String", "Value": "\0"}),
    "a wrapped body that SQS refuses": wrapped('{"id":"odd"}\0'),
    "a wrapped body that is empty": wrapped(""),
    "hops of 5,000 digits": of(header='{"id":"x","hops":' + "1" * 5_000 + "}"),
    "more hops than there are": of(header=json.dumps({"id": "x", "hops": 2**70})),
    "an attempt of 5,000 digits": of(retry='{"attempt":' + "1" * 5_000 + "}"),
    "an attempt beyond all": retry(attempt=2**70),
    "no time": of(header='{"id":"x","expires":"0001-01-01T00:00:00+23:59"}'),
    "a wait for ever": retry(notbefore="9999-12-31T23:59:59-23:59"),
    "a surrogate": of(header='{"id":"\\ud800"}'),
    "deep nesting": of(header="[" * 100_000),
}


@pytest.mark.parametrize("odd", INVALID.values(), ids=INVALID)
def test_it_is_a_dead_letter_alone(make_harness: MakeHarness, odd: dict[str, Any]) -> None:
    harness, seen = make_harness(), list[str]()
    neighbours = [sent(OrderPlaced(id=name)) for name in "ab"]

    response = consumer_that(lambda order, _: seen.append(order.id))(
        event(neighbours[0], odd, neighbours[1]), FakeLambdaContext()
    )

    assert (response, seen) == ({"batchItemFailures": []}, ["a", "b"])
    (letter,) = harness.dead_letters()
    assert letter["Body"] == odd["body"]
    assert letter.reason
    assert harness.requeued() == []


VALID = {
    "an attribute without a value": with_attribute(dataType="String", stringListValues=[]),
    "bytes without a value": with_attribute(dataType="Binary", binaryValue=""),
    "a time in the first year": of(header='{"id":"x","time":"0001-01-01T00:00:00+00:00"}'),
    "a wait that was long ago": retry(notbefore="0001-01-01T00:00:00+00:00"),
    "a control character": of(header='{"id":"\\u0000"}'),
    "an expiry in the last year": of(header='{"id":"x","expires":"9999-12-31T00:00:00Z"}'),
    "a delay": retry(delay=1e308),
}


@pytest.mark.parametrize("odd", VALID.values(), ids=VALID)
def test_an_odd_message_is_handled_and_its_copy_is_one_that_sqs_takes(
    make_harness: MakeHarness, odd: dict[str, Any]
) -> None:
    harness, seen = make_harness(), list[str]()
    calls = Calls("sqs")

    def fail_once(order: OrderPlaced, _: object) -> None:
        seen.append(order.id)
        if len(seen) == 1:
            raise ConnectionError

    consumer_that(fail_once)(event(odd, sent(OrderPlaced(id="a"))), FakeLambdaContext())

    assert seen == ["odd", "a"]
    assert harness.dead_letters() == []
    ((entry,),) = (call["Entries"] for call in calls.of("SendMessageBatch"))
    values = [
        each.get("StringValue", each.get("BinaryValue"))
        for each in entry["MessageAttributes"].values()
    ]
    assert all(values), "SQS refuses an empty value, and the whole call with it"


def test_what_can_be_read_of_it_is_in_the_dead_letter(make_harness: MakeHarness) -> None:
    harness = make_harness()
    odd = with_attribute(dataType="Binary", binaryValue="base64Str")

    consumer_that(lambda *_: None)(event(odd), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    attributes = {name for name in odd["messageAttributes"] if name != "x"}
    assert set(letter["MessageAttributes"]) == {*attributes, "deadLetter"}
    assert "is not base64" in letter.reason


@pytest.mark.parametrize("sender", [Sender.CONSUMER, Sender.OPERATOR])
def test_an_invalid_message_that_comes_back_explains_its_last_failure_only(
    make_harness: MakeHarness, sender: str
) -> None:
    harness, sizes = make_harness(), list[int]()
    more = {f"a{number}": text(str(number)) for number in range(10)}
    harness.put("?", more, sender=sender)
    for _ in range(4):
        harness.run_until_idle(consumer_that(lambda *_: None))
        (letter,) = harness.dead_letters()
        explanation = state(letter["MessageAttributes"]["deadLetter"])
        sizes.append(len(json.dumps(explanation)))
        kept = {**letter["MessageAttributes"], **explanation.get("attributes", {})}
        assert {name: kept[name]["StringValue"] for name in more} == {
            name: value["StringValue"] for name, value in more.items()
        }
        harness.put(letter["Body"], letter["MessageAttributes"], sender=sender)

    assert max(sizes) - min(sizes) <= 2
