"""Whether a message passes a filter: the emulator decides as SNS and the topology do."""

from typing import Any, Final

import pytest

from messaging.testing.events import from_sender
from tests.unit.messaging.orders import OrderPlaced
from tests.unit.ops.emulator.conftest import Account, text
from topology.filters import (
    Condition,
    absent,
    anything_but,
    at_least,
    between,
    equals,
    equals_ignore_case,
    exists,
    prefix,
    suffix,
)
from topology.filters.matching import matches
from topology.filters.policies import FilterPolicy

pytestmark = pytest.mark.emulator

CONDITIONS: Final[tuple[Condition, ...]] = (
    equals("60"),
    equals(60),
    equals(True),
    at_least(50),
    between(50, 60),
    prefix("6"),
    suffix("0"),
    equals_ignore_case("SIXTY"),
    anything_but("60", "70"),
    anything_but(60, 70),
    exists(),
    absent(),
)
ATTRIBUTES: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"other": text("60")},
    {"other": {"DataType": "Binary", "BinaryValue": b"60"}},
    {"a": text("60")},
    {"a": text("60", "Number")},
    {"a": text("60.0", "Number")},
    {"a": text("6e1", "Number")},
    {"a": text("49.99999", "Number")},
    {"a": text("sixty")},
    {"a": text("true")},
    {"a": text("60", "String.label")},
    {"a": text("60", "Number.int")},
    {"a": {"DataType": "Binary", "BinaryValue": b"60"}},
    {"a": text('["60"]', "String.Array")},
    {"a": text("[60]", "String.Array")},
    {"a": text('["60", 60, "x"]', "String.Array")},
    {"a": text('["true", true]', "String.Array")},
    {"a": text("[null]", "String.Array")},
    {"a": text("[]", "String.Array")},
    {"a": text("no list", "String.Array")},
)


@pytest.fixture(scope="module")
def subscribed(account: Account) -> tuple[str, dict[str, FilterPolicy]]:
    """A topic, and its queues with the filter of each."""
    topic = account.topic()
    policies = [FilterPolicy(({"a": condition},)) for condition in CONDITIONS]
    policies += [
        FilterPolicy(({"a": (equals("60"), at_least(60))},)),
        FilterPolicy(({"a": equals("60")}, {"a": at_least(60)})),
    ]
    queues = {account.queue(): policy for policy in policies}
    for queue, policy in queues.items():
        account.subscribe(topic, queue, FilterPolicy=policy.render())
    return topic, queues


@pytest.mark.parametrize("attributes", ATTRIBUTES, ids=str)
def test_a_filter_passes_what_the_topology_expects(
    account: Account, subscribed: tuple[str, dict[str, FilterPolicy]], attributes: dict[str, Any]
) -> None:
    topic, queues = subscribed
    account.sns.publish(TopicArn=topic, Message="x", MessageAttributes=attributes)
    passed = {queue for queue in queues if account.received(queue)}
    assert passed == {queue for queue, policy in queues.items() if matches(policy, attributes)}


@pytest.mark.parametrize(
    ("attribute", "passes"),
    [
        (text("60", "Number"), True),
        (text("49", "Number"), False),
        (text("60"), False),
        (text("[60]", "String.Array"), True),
        (text('["60"]', "String.Array"), False),
    ],
)
def test_a_numeric_condition_compares_numbers_only(
    account: Account, attribute: dict[str, Any], passes: bool
) -> None:
    topic, queue = account.topic(), account.queue()
    account.subscribe(topic, queue, FilterPolicy={"a": [{"numeric": [">=", 50]}]})
    account.sns.publish(TopicArn=topic, Message="x", MessageAttributes={"a": attribute})
    assert bool(account.received(queue)) == passes


@pytest.mark.parametrize("value", ['{"id": 5}', "a\\q", "a\tb"])
def test_a_text_that_is_no_json_string_passes_no_filter(account: Account, value: str) -> None:
    topic, filtered, unfiltered = account.topic(), account.queue(), account.queue()
    account.subscribe(topic, filtered, FilterPolicy={"a": ["x"]})
    account.subscribe(topic, unfiltered)
    attributes = {"a": text("x"), "other": text(value)}
    account.sns.publish(TopicArn=topic, Message="x", MessageAttributes=attributes)
    assert account.received(filtered) == []
    assert len(account.received(unfiltered)) == 1


def test_a_text_with_escaped_quotation_marks_passes(account: Account) -> None:
    topic, queue = account.topic(), account.queue()
    account.subscribe(topic, queue, FilterPolicy={"a": ["x"]})
    attributes = {"a": text("x"), "other": text(r"{\"id\": \"a\\b\"}")}
    account.sns.publish(TopicArn=topic, Message="x", MessageAttributes=attributes)
    (message,) = account.received(queue)
    assert message["MessageAttributes"] == attributes


@pytest.mark.parametrize(("value", "passes"), [("60", False), ("sixty", True)])
def test_anything_but_a_prefix_compares_texts(account: Account, value: str, passes: bool) -> None:
    topic, queue = account.topic(), account.queue()
    policy = FilterPolicy(({"a": anything_but(prefix("6"))},))
    account.subscribe(topic, queue, FilterPolicy=policy.render())
    account.sns.publish(TopicArn=topic, Message="x", MessageAttributes={"a": text(value)})
    assert bool(account.received(queue)) == passes
    assert matches(policy, {"a": text(value)}) == passes


@pytest.mark.parametrize(("body", "passes"), [('{"a": 60}', True), ('{"a": "60"}', False)])
def test_a_numeric_condition_on_the_body_compares_numbers_only(
    account: Account, body: str, passes: bool
) -> None:
    topic, queue = account.topic(), account.queue()
    policy = {"a": [{"numeric": [">=", 50]}]}
    account.subscribe(topic, queue, FilterPolicy=policy, FilterPolicyScope="MessageBody")
    account.sns.publish(TopicArn=topic, Message=body)
    assert bool(account.received(queue)) == passes


def test_a_message_of_the_runtime_passes_with_its_header(account: Account) -> None:
    topic, queue = account.topic(), account.queue()
    account.subscribe(topic, queue, FilterPolicy={"msgTag": ["OrderPlaced"]})
    message = from_sender(OrderPlaced(id="7"))
    account.sns.publish_batch(
        TopicArn=topic, PublishBatchRequestEntries=[{"Id": "0", **message.entry()}]
    )
    (received,) = account.received(queue)
    assert received["MessageAttributes"] == message.attributes
