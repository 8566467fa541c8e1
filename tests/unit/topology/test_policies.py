"""A filter policy as a whole: its JSON, limits, matches and mismatches."""

import pytest

from topology.filters import Condition, at_least, equals, exists, prefix
from topology.filters.matching import Attributes, explain, matches
from topology.filters.policies import FilterPolicy, policy_problems
from topology.model import Where


def attributes(**values: str | float) -> Attributes:
    return {
        name: {
            "DataType": "String" if isinstance(value, str) else "Number",
            "StringValue": str(value),
        }
        for name, value in values.items()
    }


def test_one_alternative_is_a_flat_policy() -> None:
    policy = FilterPolicy(({"city": (equals("Oslo"), prefix("New")), "fare": at_least(50)},))

    assert policy.render() == {
        "city": ["Oslo", {"prefix": "New"}],
        "fare": [{"numeric": [">=", 50]}],
    }


def test_several_alternatives_are_written_as_or() -> None:
    policy = FilterPolicy(({"a": equals("x")}, {"b": equals("y")}))

    assert policy.render() == {"$or": [{"a": ["x"]}, {"b": ["y"]}]}


FLAT = FilterPolicy(({"city": (equals("Oslo"), prefix("New")), "fare": at_least(50)},))
EITHER = FilterPolicy(
    (
        {"msgTag": equals("A")},
        {"msgTag": (equals("B"), equals("C")), "fare": at_least(50)},
    )
)


@pytest.mark.parametrize(
    ("policy", "message", "reasons"),
    [
        (FLAT, attributes(city="Oslo", fare=50), []),
        (FLAT, attributes(city="New York", fare=51), []),
        (FLAT, attributes(city="Oslo", fare=49.99), ["fare 49.99 is not >= 50"]),
        (
            FLAT,
            attributes(city="Paris"),
            ["city is 'Paris', not 'Oslo' or prefix 'New'", "fare is missing"],
        ),
        (
            FLAT,
            attributes(city="Oslo", fare="50"),
            ["fare is the String '50', not >= 50"],
        ),
        (
            FLAT,
            {
                "city": {"DataType": "String.Array", "StringValue": '["Rome"]'},
                "fare": {"DataType": "Binary", "BinaryValue": b"50"},
            },
            [
                "city is '[\"Rome\"]', not 'Oslo' or prefix 'New'",
                "fare is Binary, which filters ignore",
            ],
        ),
        (EITHER, attributes(msgTag="A"), []),
        (EITHER, attributes(msgTag="C", fare=50), []),
        (
            EITHER,
            attributes(msgTag="B", fare=5),
            ["alternative 1: msgTag is 'B', not 'A'", "alternative 2: fare 5 is not >= 50"],
        ),
        (
            EITHER,
            attributes(msgTag="D"),
            [
                "alternative 1: msgTag is 'D', not 'A'",
                "alternative 2: msgTag is 'D', not 'B' or 'C'; fare is missing",
            ],
        ),
    ],
)
def test_a_mismatch_is_explained(
    policy: FilterPolicy, message: Attributes, reasons: list[str]
) -> None:
    assert explain(policy, message) == reasons
    assert matches(policy, message) is (reasons == [])


def many(count: int) -> tuple[Condition, ...]:
    return tuple(equals(f"value-{n}") for n in range(count))


@pytest.mark.parametrize(
    ("alternatives", "combinations"),
    [
        (({"a": many(3), "b": many(1), "c": many(2)},), 6),
        (({"a": many(3)}, {"a": many(2), "b": many(4)}), 11),
    ],
)
def test_values_multiply_within_an_alternative_and_add_up_over_them(
    alternatives: tuple[Where, ...], combinations: int
) -> None:
    assert FilterPolicy(alternatives).combinations == combinations


@pytest.mark.parametrize(
    "alternatives",
    [
        ({"a": many(150)},),
        ({"a": many(100)}, {"a": many(50)}),
        ({"a": many(15), "b": many(10)},),
        ({name: exists() for name in "abcde"},),
        ({"a": exists(), "b": exists()}, {"c": exists(), "d": exists(), "e": exists()}),
        ({"a.b_c-9": exists()},),
        ({"a": tuple(equals(f"{n}-{'x' * 1700}") for n in range(150))},),
    ],
)
def test_a_policy_within_the_limits_has_no_problems(alternatives: tuple[Where, ...]) -> None:
    assert list(policy_problems("Loyalty.rides", FilterPolicy(alternatives))) == []


@pytest.mark.parametrize(
    ("alternatives", "text", "fix"),
    [
        (({"a": many(151)},), "151 combinations", "list fewer values"),
        (({"a": many(16), "b": many(10)},), "160 combinations", "add a consumer"),
        (({"a": many(100)}, {"a": many(51)}), "151 combinations", "list fewer values"),
        (({name: exists() for name in "abcdef"},), "6 attributes", "divide its messages"),
        (
            ({name: exists() for name in "abc"}, {name: exists() for name in "def"}),
            "6 attributes",
            "filter on fewer",
        ),
        (
            ({"a": tuple(equals(f"{n}-{'x' * 1800}") for n in range(150))},),
            "bytes long",
            "shorter values",
        ),
        (({},), "lets everything pass", "name the messages"),
        (({"a": ()},), "allows a no value", "at least one value"),
        (({"numeric": exists()}, {"a": exists()}), "called 'numeric'", "rename"),
        (({"$or": exists()},), "called '$or'", "rename"),
        (({"a..b": exists()},), "called 'a..b'", "rename"),
        (({"aws.a": exists()},), "called 'aws.a'", "rename"),
    ],
)
def test_a_policy_beyond_a_limit_names_element_and_fix(
    alternatives: tuple[Where, ...], text: str, fix: str
) -> None:
    (problem,) = policy_problems("Loyalty.rides", FilterPolicy(alternatives))

    assert problem.element == "Loyalty.rides"
    assert text in problem.text
    assert fix in problem.fix
