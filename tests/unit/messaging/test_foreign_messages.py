"""Messages from senders without this runtime: each is handled, or dead-lettered with a reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from messaging import Consumer, Context
from messaging.limits import MAX_QUEUE_BYTES
from messaging.policy import RetryPolicy
from messaging.testing import (
    ConsumerHarness,
    FakeLambdaContext,
    Message,
    event,
    record,
    sent,
    state,
)
from messaging.wire.encoding import Attributes, size, text
from tests.unit.messaging.orders import OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]
ORDER = text("OrderPlaced")


@pytest.fixture
def consumer() -> Consumer:
    """Return a consumer that accepts every order."""
    consumer = Consumer()

    @consumer.on(OrderPlaced)
    def accept(order: OrderPlaced, context: Context) -> None: ...

    return consumer


@pytest.mark.parametrize(
    ("body", "attributes", "reason"),
    [
        pytest.param("{}", {}, "no attribute msgTag", id="no attributes"),
        pytest.param("{}", {"msgTag": text("")}, "no attribute msgTag", id="empty tag"),
        pytest.param(
            "{}",
            {"msgTag": {"DataType": "Binary", "BinaryValue": b"OrderPlaced"}},
            "no attribute msgTag",
            id="binary tag",
        ),
        pytest.param(
            "{}",
            {"msgTag": text("Refund")},
            "no handler for msgTag 'Refund'; this consumer handles OrderPlaced",
            id="unknown kind",
        ),
        pytest.param("hello", {"msgTag": ORDER}, "the body is not a OrderPlaced: ", id="not JSON"),
        pytest.param(
            "{}", {"msgTag": ORDER}, "missing required field `id`", id="a field is missing"
        ),
        pytest.param(
            '{"id":"1","total":-1}', {"msgTag": ORDER}, "$.total", id="a value is out of range"
        ),
        pytest.param(
            '{"id":"1","x":' + "[" * 100_000,
            {"msgTag": ORDER},
            "nested too deeply",
            id="nested deeply",
        ),
        pytest.param(
            '{"id":"1"}',
            {"msgTag": ORDER, "header": text("not json")},
            "the attribute header is not valid",
            id="broken header",
        ),
        pytest.param(
            '{"id":"1"}',
            {"msgTag": ORDER, "header": text('{"id":"1","expires":"2020-01-01T00:00:00"}')},
            "the attribute header is not valid",
            id="a time without a zone",
        ),
        pytest.param(
            '{"id":"1"}',
            {"msgTag": ORDER, "header": text('{"id":"1","hops":-3}')},
            "the attribute header is not valid",
            id="a number out of range",
        ),
        pytest.param(
            '{"id":"1"}',
            {"msgTag": ORDER, "header": text('{"id":"1","expires":"2020-01-01T00:00:00Z"}')},
            "the message expired at 2020-01-01",
            id="expired",
        ),
        pytest.param(
            '{"id":"1"}',
            {"msgTag": ORDER, "header": text('{"id":"1","hops":17}')},
            "17 hops in this conversation; the limit is 16",
            id="too many hops",
        ),
    ],
)
def test_an_invalid_message_is_dead_lettered_with_the_reason(
    make_harness: MakeHarness, consumer: Consumer, body: str, attributes: Attributes, reason: str
) -> None:
    harness = make_harness()

    response = consumer(event(record(body, attributes)), FakeLambdaContext())

    assert response == {"batchItemFailures": []}
    (letter,) = _letters(harness, body)
    assert reason in state(letter["MessageAttributes"]["deadLetter"])["reason"]


def test_a_message_without_header_is_accepted_and_keeps_its_first_id(
    make_harness: MakeHarness,
) -> None:
    harness = make_harness(retry=RetryPolicy(max_attempts=3, base=0))
    ids: list[str] = []
    consumer = Consumer()

    @consumer.on(OrderPlaced)
    def fail(order: OrderPlaced, context: Context) -> None:
        ids.append(context.message_id)
        raise ConnectionError

    harness.put('{"id":"1"}', {"msgTag": ORDER})
    while harness.deliver(consumer):
        pass

    assert len(ids) == 3
    assert len(set(ids)) == 1
    (letter,) = harness.dead_letters()
    assert state(letter["MessageAttributes"]["header"])["id"] == ids[0]


def test_a_message_that_sns_wrapped_is_unwrapped(make_harness: MakeHarness) -> None:
    make_harness()
    seen: list[tuple[OrderPlaced, str | None]] = []
    consumer = Consumer()

    @consumer.on(OrderPlaced)
    def note(order: OrderPlaced, context: Context) -> None:
        seen.append((order, context.from_service))

    wrapped = {
        "Type": "Notification",
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:topic",
        "Message": '{"id":"7"}',
        "MessageAttributes": {
            "msgTag": {"Type": "String", "Value": "OrderPlaced"},
            "fromService": {"Type": "String", "Value": "Shop"},
        },
    }
    consumer(event(record(json.dumps(wrapped))), FakeLambdaContext())

    assert seen == [(OrderPlaced(id="7"), "Shop")]


def test_binary_attributes_survive(make_harness: MakeHarness) -> None:
    harness = make_harness()
    consumer = Consumer()

    @consumer.on(OrderPlaced)
    def fail(order: OrderPlaced, context: Context) -> None:
        raise ConnectionError

    blob = {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"}
    harness.put('{"id":"1"}', {"msgTag": ORDER, "picture": blob})
    harness.deliver(consumer)

    (copy,) = harness.visible_messages()
    assert copy["MessageAttributes"]["picture"]["BinaryValue"] == b"\x00\xff"


@pytest.mark.parametrize("spare", [0, 1, 300, 5_000])
def test_a_message_as_large_as_sqs_allows_is_dead_lettered_with_its_reason(
    make_harness: MakeHarness, consumer: Consumer, spare: int
) -> None:
    harness = make_harness()
    body = "x" * (MAX_QUEUE_BYTES - spare - size("", {"msgTag": ORDER}))

    response = consumer(event(record(body, {"msgTag": ORDER}, sqs_id="m")), FakeLambdaContext())

    assert response == {"batchItemFailures": []}
    letters = harness.dead_letters()
    assert [letter["Body"] for letter in letters if letter["Body"] == body]
    (why,) = [
        a["deadLetter"]
        for letter in letters
        if (a := letter.get("MessageAttributes", {})) and "deadLetter" in a
    ]
    assert "the body is not a OrderPlaced" in state(why)["reason"]
    assert state(why)["messageId"] == "m"
    assert len(letters) == (1 if spare == 5_000 else 2)


def test_a_message_too_large_to_copy_is_retried_in_place(make_harness: MakeHarness) -> None:
    harness = make_harness(retry=RetryPolicy(max_attempts=3, base=0))
    attempts: list[int] = []
    consumer = Consumer()

    @consumer.on(OrderPlaced)
    def fail(order: OrderPlaced, context: Context) -> None:
        attempts.append(context.attempt)
        raise ConnectionError

    body = '{"id":"1"}'.ljust(MAX_QUEUE_BYTES - size("", {"msgTag": ORDER}))
    harness.put(body, {"msgTag": ORDER})
    while harness.deliver(consumer):
        pass

    assert attempts == [1, 2, 3]
    assert body in [letter["Body"] for letter in harness.dead_letters()]


# Every text that SQS accepts.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=60
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
).map(json.dumps)


@pytest.mark.parametrize("services", ['[""]', '["a b"]', '["\\n"]', "[1]", '"Shop"'])
def test_a_message_with_an_invalid_return_address_is_dead_lettered(
    mocked_aws: None, services: str
) -> None:
    """SNS would refuse the attribute `requestService` of every message that its handler sends."""
    harness, consumer = ConsumerHarness(), Consumer()
    header = text(f'{{"id":"1","requestservices":{services}}}')

    consumer(event(record("{}", {"msgTag": text("X"), "header": header})), FakeLambdaContext())

    (letter,) = harness.dead_letters()
    assert "the attribute header is not valid" in letter.reason


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON,
        "hops": JSON,
        "expires": JSON,
        "attempt": JSON,
        "firstreceived": JSON,
        "notbefore": JSON,
        "attributes": JSON,
        "delay": JSON,
        "requestservices": JSON,
    },
).map(lambda fields: "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}")
VALUES = st.builds(text, st.sampled_from(["OrderPlaced", "Other"]) | TEXTS | JSON | FIELDS)
NAMES = st.sampled_from(["msgTag", "header", "retry", "fromService", "deadLetter", "x"])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bodies=st.lists(
        st.tuples(TEXTS.filter(bool) | JSON, st.dictionaries(NAMES, VALUES, max_size=6)),
        min_size=1,
        max_size=4,
    )
)
def test_every_message_is_processed_requeued_or_dead_lettered(
    mocked_aws: None, bodies: list[tuple[str, Attributes]]
) -> None:
    harness = ConsumerHarness()
    handled: list[Any] = []
    consumer = Consumer()

    @consumer.on(OrderPlaced)
    def note(order: OrderPlaced, context: Context) -> None:
        handled.append(order)

    good = sent(OrderPlaced(id="good"))
    response = consumer(
        event(*(record(body, attributes) for body, attributes in bodies), good),
        FakeLambdaContext(),
    )

    assert response == {"batchItemFailures": []}
    assert OrderPlaced(id="good") in handled, "the rest of the batch does not harm a good message"
    letters = harness.dead_letters()
    assert all(state(letter["MessageAttributes"]["deadLetter"])["reason"] for letter in letters)
    assert len(letters) + len(handled) + len(_delayed(harness)) == len(bodies) + 1


def _delayed(harness: ConsumerHarness) -> list[Any]:
    from messaging.aws import clients as aws

    response = aws.client("sqs").get_queue_attributes(
        QueueUrl=harness.queue, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    return [None] * int(response["Attributes"]["ApproximateNumberOfMessagesDelayed"])


def _letters(harness: ConsumerHarness, body: str) -> list[Message]:
    letters = harness.dead_letters()
    assert [letter["Body"] for letter in letters] == [body]
    return letters
