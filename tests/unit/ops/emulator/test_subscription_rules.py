"""Filter policies and topics that SNS refuses: by every way to subscribe."""

import json
from typing import Any, Final

import pytest

from tests.unit.ops.emulator.conftest import Account, refusal
from topology.filters import at_least, equals
from topology.filters.policies import MAX_COMBINATIONS, MAX_KEYS, FilterPolicy, policy_problems

pytestmark = pytest.mark.emulator


def rule(value: Any) -> dict[str, Any]:
    return {"a": [value]}


REFUSED: Final[dict[str, Any]] = {
    "six keys": {f"a{n}": ["x"] for n in range(6)},
    "151 values": {"a": [str(n) for n in range(151)]},
    "152 combinations": {"a": [str(n) for n in range(76)], "b": ["x", "y"]},
    "156 combinations in alternatives": {
        "$or": [{"a": [str(n) for n in range(77)]}, {"b": [str(n) for n in range(79)]}]
    },
    "more than 256 KB": {"a": ["x" * 262_144]},
    "an empty list": {"a": []},
    "a single value": {"a": "x"},
    "a nested key": {"a": {"b": ["x"]}},
    "a list in a list": rule(["x"]),
    "an unknown operator": rule({"begins-with": "x"}),
    "two operators": rule({"prefix": "x", "suffix": "y"}),
    "no operator": rule({}),
    "a prefix that is a number": rule({"prefix": 5}),
    "a suffix that is a list": rule({"suffix": ["x"]}),
    "equals-ignore-case of a number": rule({"equals-ignore-case": 5}),
    "exists as a text": rule({"exists": "true"}),
    "anything-but a suffix": rule({"anything-but": {"suffix": "x"}}),
    "anything-but a list in a list": rule({"anything-but": [["x"]]}),
    "numeric without a list": rule({"numeric": 5}),
    "numeric without a limit": rule({"numeric": [">"]}),
    "numeric with an unknown operator": rule({"numeric": ["!=", 5]}),
    "numeric with a text": rule({"numeric": [">", "5"]}),
    "numeric with a boolean": rule({"numeric": ["=", True]}),
    "numeric from above to below": rule({"numeric": ["<", 5, ">", 1]}),
    "numeric with an empty range": rule({"numeric": [">=", 5, "<", 5]}),
    "numeric with three bounds": rule({"numeric": [">", 1, "<", 5, "<", 9]}),
    "a malformed network": rule({"cidr": "10.0.0.0/33"}),
    "a list": ["x"],
}
ACCEPTED: Final[dict[str, Any]] = {
    "five keys": {f"a{n}": ["x"] for n in range(5)},
    "150 combinations": {"a": [str(n) for n in range(75)], "b": ["x", "y"]},
    "150 combinations in alternatives": {
        "$or": [{"a": [str(n) for n in range(75)]}, {"b": [str(n) for n in range(75)]}]
    },
    "literals": {"a": ["x", 5, True, None]},
    "operators": {
        "a": [
            {"prefix": "x"},
            {"suffix": "x"},
            {"equals-ignore-case": "x"},
            {"exists": False},
            {"cidr": "10.0.0.0/24"},
            {"anything-but": ["x", "y"]},
            {"anything-but": {"prefix": "x"}},
            {"numeric": ["=", 5.5]},
            {"numeric": [">", 1, "<=", 5]},
        ]
    },
    "an empty policy": {},
}


def template(topic: str, queue: str, policy: Any) -> dict[str, Any]:
    properties = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "FilterPolicy": policy}
    return {"S": {"Type": "AWS::SNS::Subscription", "Properties": properties}}


@pytest.mark.parametrize("case", REFUSED)
def test_a_subscription_with_an_invalid_filter_is_refused(account: Account, case: str) -> None:
    topic, queue = account.topic(), account.queue()
    code = refusal(
        account.sns.subscribe,
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=account.arn(queue),
        Attributes={"FilterPolicy": json.dumps(REFUSED[case])},
    )
    assert code == "InvalidParameter"
    assert account.aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_filter_does_not_replace_a_filter(account: Account, case: str) -> None:
    subscription = account.subscribe(account.topic(), account.queue(), FilterPolicy=rule("x"))
    code = refusal(
        account.sns.set_subscription_attributes,
        SubscriptionArn=subscription,
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps(REFUSED[case]),
    )
    assert code == "InvalidParameter"
    found = account.aws.sns.get_subscription_attributes(SubscriptionArn=subscription)
    assert json.loads(found["Attributes"]["FilterPolicy"]) == rule("x")


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_valid_filter_is_accepted(account: Account, case: str) -> None:
    subscription = account.subscribe(account.topic(), account.queue(), FilterPolicy=ACCEPTED[case])
    account.aws.sns.set_subscription_attributes(
        SubscriptionArn=subscription,
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps(ACCEPTED[case]),
    )


@pytest.mark.parametrize("document", ["{", '{"a": ["x",]}'])
def test_a_filter_that_is_no_json_is_refused(account: Account, document: str) -> None:
    subscription = account.subscribe(account.topic(), account.queue())
    code = refusal(
        account.sns.set_subscription_attributes,
        SubscriptionArn=subscription,
        AttributeName="FilterPolicy",
        AttributeValue=document,
    )
    assert code == "InvalidParameter"


def test_nested_keys_are_for_filters_of_the_body(account: Account) -> None:
    nested = {"a": {"b": {"c": ["w", "x", "y", "z"]}}, "d": {"e": ["x", "y", "z"]}}
    account.subscribe(
        account.topic(), account.queue(), FilterPolicy=nested, FilterPolicyScope="MessageBody"
    )
    # 3 levels x 4 values, 2 levels x 3 values, 1 level x 3 values: 216.
    code = refusal(
        account.sns.subscribe,
        TopicArn=account.topic(),
        Protocol="sqs",
        Endpoint=account.arn(account.queue()),
        Attributes={
            "FilterPolicy": json.dumps({**nested, "f": ["x", "y", "z"]}),
            "FilterPolicyScope": "MessageBody",
        },
    )
    assert code == "InvalidParameter"


def test_an_unknown_scope_is_refused(account: Account) -> None:
    code = refusal(
        account.sns.subscribe,
        TopicArn=account.topic(),
        Protocol="sqs",
        Endpoint=account.arn(account.queue()),
        Attributes={"FilterPolicyScope": "Body"},
    )
    assert code == "InvalidParameter"


def test_the_topology_has_the_same_limits(account: Account) -> None:
    values = tuple(equals(str(n)) for n in range(MAX_COMBINATIONS + 1))
    for where, problems in (
        ({f"a{n}": equals("x") for n in range(MAX_KEYS)}, 0),
        ({f"a{n}": equals("x") for n in range(MAX_KEYS + 1)}, 1),
        ({"a": values[1:]}, 0),
        ({"a": values}, 1),
        ({"a": values[:75], "b": (equals("x"), at_least(5))}, 0),
        ({"a": values[:76], "b": (equals("x"), at_least(5))}, 1),
    ):
        policy = FilterPolicy((where,))
        assert len(list(policy_problems("it", policy))) == problems
        arguments = {
            "TopicArn": account.topic(),
            "Protocol": "sqs",
            "Endpoint": account.arn(account.queue()),
            "Attributes": {"FilterPolicy": json.dumps(policy.render())},
        }
        if problems:
            assert refusal(account.sns.subscribe, **arguments) == "InvalidParameter"
        else:
            account.sns.subscribe(**arguments)


def test_a_subscription_to_a_missing_topic_is_refused(account: Account) -> None:
    code = refusal(
        account.sns.subscribe,
        TopicArn=account.topic() + "-missing",
        Protocol="sqs",
        Endpoint=account.arn(account.queue()),
    )
    assert code == "NotFound"


@pytest.mark.parametrize(
    ("suffix", "policy", "reason"),
    [
        ("-missing", rule("x"), "Topic does not exist"),
        ("", REFUSED["six keys"], "can not have more than 5 keys"),
        ("", REFUSED["an unknown operator"], "Unrecognized match type begins-with"),
    ],
)
def test_a_stack_with_an_invalid_subscription_fails(
    account: Account, suffix: str, policy: Any, reason: str
) -> None:
    queue = account.arn(account.queue())
    with pytest.raises(AssertionError, match=reason):
        account.stack(template(account.topic() + suffix, queue, policy), {})


def test_a_stack_with_a_valid_subscription_is_created(account: Account) -> None:
    topic = account.topic()
    queue = account.arn(account.queue())
    account.stack(template(topic, queue, rule("x")), {"S": {"Value": {"Ref": "S"}}})
    (found,) = account.aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert found["Endpoint"] == queue
