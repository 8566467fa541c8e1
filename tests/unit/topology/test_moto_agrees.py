"""The matcher agrees with moto's on generated policies, except where moto differs from AWS.

DIFFERENCES lists these cases, with moto's result.
"""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from moto.sns.utils import FilterPolicyMatcher

from topology import filters
from topology.filters import Condition, absent, anything_but, equals, exists, prefix
from topology.filters.matching import Attributes, matches
from topology.filters.policies import FilterPolicy
from topology.model import Where

# Few values, so that conditions and messages meet.
TEXTS = st.sampled_from(["a", "ab", "abc", "b", "5", "true"])
NUMBERS = st.sampled_from([-1.5, 0, 1, 2, 2.25, 5, 1000])
# The name of an attribute decides its kind, as the message class does in a topology.
NAMES = st.sampled_from(["text1", "text2", "number1", "number2", "list1", "list2"])

TEXT = st.one_of(
    TEXTS.map(equals),
    TEXTS.map(prefix),
    TEXTS.map(filters.suffix),
    TEXTS.map(filters.equals_ignore_case),
    st.lists(TEXTS, min_size=1, max_size=3).map(lambda values: anything_but(*values)),
    TEXTS.map(lambda value: anything_but(prefix(value))),
)
NUMBER = st.one_of(
    NUMBERS.map(equals),
    NUMBERS.map(filters.at_least),
    NUMBERS.map(filters.at_most),
    NUMBERS.map(filters.more_than),
    NUMBERS.map(filters.less_than),
    st.lists(NUMBERS, min_size=2, max_size=2, unique=True).map(
        lambda pair: filters.between(*sorted(pair))
    ),
    st.lists(NUMBERS, min_size=1, max_size=3).map(lambda values: anything_but(*values)),
)
PRESENCE = st.sampled_from([exists(), absent()])
CONDITIONS = {"text": TEXT, "number": NUMBER, "list": TEXTS.map(equals)}


def attribute(name: str, value: Any) -> dict[str, str]:
    if name.startswith("list"):
        return {"DataType": "String.Array", "StringValue": json.dumps(value)}
    data_type = "Number" if name.startswith("number") else "String"
    return {"DataType": data_type, "StringValue": str(value)}


VALUES = {"text": TEXTS, "number": NUMBERS, "list": st.lists(TEXTS, min_size=1, max_size=3)}


@st.composite
def where(draw: st.DrawFn) -> Where:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    conditions = {name: CONDITIONS[name[:-1]] | PRESENCE for name in names}
    # Conditions that an absent attribute satisfies come first, see DIFFERENCES.
    return {
        name: tuple(
            sorted(
                draw(st.lists(conditions[name], min_size=1, max_size=3)),
                key=lambda condition: condition != absent(),
            )
        )
        for name in names
    }


@st.composite
def messages(draw: st.DrawFn) -> Attributes:
    names = draw(st.lists(NAMES, max_size=6, unique=True))
    found = {name: attribute(name, draw(VALUES[name[:-1]])) for name in names}
    return found | {"msgTag": attribute("text", "A")}


def moto_matches(policy: FilterPolicy, attributes: Attributes) -> bool:
    converted = {
        name: {
            "Type": value["DataType"],
            "Value": value.get("StringValue", value.get("BinaryValue")),
        }
        for name, value in attributes.items()
    }
    # The same JSON that goes to AWS.
    written = json.loads(json.dumps(policy.render()))
    return FilterPolicyMatcher(written, "MessageAttributes").matches(converted, "{}")


@given(st.lists(where(), min_size=1, max_size=3), messages())
def test_both_matchers_agree(alternatives: list[Where], message: Attributes) -> None:
    policy = FilterPolicy(tuple(alternatives))

    assert matches(policy, message) == moto_matches(policy, message)


def only(data_type: str, value: str | bytes) -> Attributes:
    kind = "BinaryValue" if data_type == "Binary" else "StringValue"
    return {"key": {"DataType": data_type, kind: value}}


STRINGS = only("String.Array", '["abc", "b"]')
# Case: the conditions, the message, and whether AWS would deliver the message.
DIFFERENCES: dict[str, tuple[Condition | tuple[Condition, ...], Attributes, bool]] = {
    "a text equals a Number of the same digits": (equals("5"), only("Number", "5"), False),
    "a text equals an element of a String like a list": (
        equals("a"),
        only("String", '["a"]'),
        False,
    ),
    "a prefix begins no element of a list": (prefix("ab"), STRINGS, True),
    "a suffix ends no element of a list": (filters.suffix("bc"), STRINGS, True),
    "anything-but looks at the characters of a list": (
        anything_but("abc"),
        only("String.Array", '["abc"]'),
        False,
    ),
    "a text without case has to be in lower case": (
        filters.equals_ignore_case("ABC"),
        only("String", "abc"),
        True,
    ),
    "Binary exists": (exists(), only("Binary", b"x"), False),
    "an empty list exists": (exists(), only("String.Array", "[]"), False),
    "numbers have no limit": (filters.at_least(5), only("Number", "1000000001"), False),
    "a message without attributes can match": (absent(), {}, False),
    "a missing attribute ends the search for a condition": (
        (equals("a"), absent()),
        {"other": {"DataType": "String", "StringValue": "x"}},
        True,
    ),
}


@pytest.mark.parametrize(("conditions", "message", "on_aws"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_moto_differs_from_aws(
    conditions: Condition | tuple[Condition, ...], message: Attributes, on_aws: bool
) -> None:
    policy = FilterPolicy(({"key": conditions},))

    assert matches(policy, message) is on_aws
    assert moto_matches(policy, message) is not on_aws
