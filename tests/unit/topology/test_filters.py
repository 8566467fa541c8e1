"""Conditions: their JSON, the values that pass, and the conditions that SNS would refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from topology.filters import (
    Condition,
    absent,
    anything_but,
    at_least,
    at_most,
    between,
    equals,
    equals_ignore_case,
    exists,
    less_than,
    more_than,
    prefix,
    suffix,
)
from topology.filters.matching import matches
from topology.filters.policies import FilterPolicy

TEXT = {"DataType": "String", "StringValue": "Oslo"}
NUMBER = {"DataType": "Number", "StringValue": "49.99"}
ONE = {"DataType": "String.Array", "StringValue": '["a"]'}
LIST = {"DataType": "String.Array", "StringValue": '["a", 5, true, null]'}
BINARY = {"DataType": "Binary", "BinaryValue": b"Oslo"}


@pytest.mark.parametrize(
    ("condition", "pattern"),
    [
        (equals("x"), "x"),
        (equals(5), {"numeric": ["=", 5]}),
        (equals(True), "true"),
        (equals(False), "false"),
        (prefix("x"), {"prefix": "x"}),
        (suffix("x"), {"suffix": "x"}),
        (equals_ignore_case("x"), {"equals-ignore-case": "x"}),
        (at_least(50), {"numeric": [">=", 50]}),
        (at_most(50), {"numeric": ["<=", 50]}),
        (more_than(-1.5), {"numeric": [">", -1.5]}),
        (less_than(1e9), {"numeric": ["<", 1e9]}),
        (between(1, 2), {"numeric": [">=", 1, "<=", 2]}),
        (anything_but("a", "b"), {"anything-but": ["a", "b"]}),
        (anything_but(1, 2.5), {"anything-but": [1, 2.5]}),
        (anything_but(True), {"anything-but": ["true"]}),
        (anything_but(prefix("a")), {"anything-but": {"prefix": "a"}}),
        (exists(), {"exists": True}),
        (absent(), {"exists": False}),
    ],
)
def test_a_condition_is_written_as_sns_writes_it(condition: Condition, pattern: object) -> None:
    assert condition.pattern == pattern


REFUSED: dict[str, tuple[Callable[[], Condition], str]] = {
    "an empty text": (lambda: equals(""), r"see exists\(\)"),
    "a quote": (lambda: prefix('"'), "leave them out"),
    "a backslash": (lambda: suffix("a\\b"), "leave them out"),
    "a tab": (lambda: equals_ignore_case("a\tb"), "leave them out"),
    "but a quote": (lambda: anything_but("a", '"'), "leave them out"),
    "too large": (lambda: at_least(1_000_000_001), "within"),
    "too small": (lambda: less_than(-1e9 - 1), "within"),
    "six decimals": (lambda: at_most(0.123456), "5 decimals"),
    "not a number": (lambda: equals(float("nan")), "within"),
    "infinite": (lambda: equals(float("inf")), "within"),
    "a range backwards": (lambda: between(2, 1), "first must be less"),
    "a range of one": (lambda: between(2, 2), r"use equals\(\)"),
    "anything": (lambda: anything_but(), "takes values"),
    "texts and numbers": (lambda: anything_but("a", 1), "takes values"),
    "but a suffix": (lambda: anything_but(suffix("a")), r"one prefix\(\)"),
    "but a prefix and a text": (lambda: anything_but(prefix("a"), "b"), r"one prefix\(\)"),
    "but without case": (lambda: anything_but(equals_ignore_case("a")), r"one prefix\(\)"),
}


@pytest.mark.parametrize(("build", "hint"), REFUSED.values(), ids=REFUSED)
def test_a_condition_that_sns_would_refuse_cannot_be_written(
    build: Callable[[], Condition], hint: str
) -> None:
    with pytest.raises(ValueError, match=hint):
        build()


@pytest.mark.parametrize("decimals", [0.1, 0.12345, -999_999_999.12345, 49.99])
def test_five_decimals_are_fine(decimals: float) -> None:
    assert at_least(decimals).pattern == {"numeric": [">=", decimals]}


@pytest.mark.parametrize(
    ("condition", "attribute", "passes"),
    [
        (equals("Oslo"), TEXT, True),
        (equals("oslo"), TEXT, False),
        (equals("Osl"), TEXT, False),
        (equals("a"), LIST, True),
        (equals("b"), LIST, False),
        (equals("49.99"), NUMBER, False),
        (equals("Oslo"), BINARY, False),
        (equals("Oslo"), None, False),
        (equals(49.99), NUMBER, True),
        (equals(5), LIST, True),
        (equals(1), LIST, False),
        (equals(5), {"DataType": "Number", "StringValue": "5.0"}, True),
        (equals(5), {"DataType": "Number", "StringValue": "5e0"}, True),
        (equals(50), {"DataType": "String", "StringValue": "50"}, False),
        (equals(True), {"DataType": "String", "StringValue": "true"}, True),
        (equals(True), {"DataType": "String", "StringValue": "false"}, False),
        (equals_ignore_case("OSLO"), TEXT, True),
        (equals_ignore_case("OSL"), TEXT, False),
        (equals_ignore_case("A"), LIST, True),
        (prefix("Os"), TEXT, True),
        (prefix("lo"), TEXT, False),
        (prefix("4"), NUMBER, False),
        (prefix("a"), LIST, True),
        (suffix("lo"), TEXT, True),
        (suffix("Os"), TEXT, False),
        (at_least(49.99), NUMBER, True),
        (at_least(50), NUMBER, False),
        (more_than(49.99), NUMBER, False),
        (more_than(49.98), NUMBER, True),
        (at_most(49.99), NUMBER, True),
        (at_most(49.98), NUMBER, False),
        (less_than(49.99), NUMBER, False),
        (less_than(50), NUMBER, True),
        (between(49.99, 60), NUMBER, True),
        (between(40, 49.99), NUMBER, True),
        (between(50, 60), NUMBER, False),
        (between(10, 40), NUMBER, False),
        (at_least(5), LIST, True),
        (at_least(6), LIST, False),
        (at_least(50), {"DataType": "Number", "StringValue": "1000000001"}, False),
        (at_least(50), {"DataType": "String", "StringValue": "51"}, False),
        (at_least(50), None, False),
        (anything_but("Paris"), TEXT, True),
        (anything_but("Paris", "Oslo"), TEXT, False),
        (anything_but("b"), LIST, True),
        (anything_but("a"), LIST, True),
        (anything_but("a"), ONE, False),
        (anything_but(5), LIST, True),
        (anything_but("Oslo"), None, False),
        (anything_but("Oslo"), BINARY, False),
        (anything_but(49.99), NUMBER, False),
        (anything_but(50), NUMBER, True),
        (anything_but(50), {"DataType": "String", "StringValue": "50"}, True),
        (anything_but(prefix("Os")), TEXT, False),
        (anything_but(prefix("Pa")), TEXT, True),
        (anything_but(prefix("a")), LIST, True),
        (anything_but(prefix("a")), ONE, False),
        (exists(), TEXT, True),
        (exists(), LIST, True),
        (exists(), BINARY, False),
        (exists(), None, False),
        (absent(), None, True),
        (absent(), TEXT, False),
        (absent(), BINARY, True),
    ],
)
def test_a_condition_passes_what_sns_passes(
    condition: Condition, attribute: dict[str, Any] | None, passes: bool
) -> None:
    attributes = {"msgTag": TEXT} | ({"key": attribute} if attribute else {})

    assert matches(FilterPolicy(({"key": condition},)), attributes) is passes


@pytest.mark.parametrize("text", ["[]", "[null]", '"a"', "5", "no json", "[[1]]"])
def test_a_list_without_a_value_matches_nothing(text: str) -> None:
    attributes = {"key": {"DataType": "String.Array", "StringValue": text}}

    for condition in (equals("a"), equals(5), exists(), absent()):
        assert not matches(FilterPolicy(({"key": condition},)), attributes)


def test_a_message_without_attributes_matches_nothing_not_even_an_absent_one() -> None:
    assert not matches(FilterPolicy(({"key": absent()},)), {})
