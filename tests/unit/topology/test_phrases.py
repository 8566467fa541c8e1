import pytest

from topology.diagram.phrases import condition_phrase, policy_phrases, where_phrase
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
from topology.filters.policies import FilterPolicy
from topology.model import Where

TRIP = equals("TripBooked")


@pytest.mark.parametrize(
    ("condition", "phrase"),
    [
        (equals("Oslo"), "is 'Oslo'"),
        (equals(5), "is 5"),
        (equals(49.99), "is 49.99"),
        (equals(True), "is true"),
        (equals(False), "is false"),
        (equals_ignore_case("oslo"), "is 'oslo' in any case"),
        (prefix("New"), "starts with 'New'"),
        (suffix("burg"), "ends with 'burg'"),
        (at_least(50), "≥ 50"),
        (at_most(1e9), "≤ 1000000000"),
        (more_than(-1.5), "> -1.5"),
        (less_than(20.0), "< 20"),
        (between(1, 2), "≥ 1 and ≤ 2"),
        (exists(), "is present"),
        (absent(), "is absent"),
        (anything_but("a"), "is present, but not 'a'"),
        (anything_but(1, 2.5), "is present, but not 1 or 2.5"),
        (anything_but(True), "is present, but not true"),
        (anything_but(prefix("x")), "is present, but does not start with 'x'"),
    ],
)
def test_a_condition_reads_as_a_phrase(condition: Condition, phrase: str) -> None:
    assert condition_phrase(condition) == phrase


@pytest.mark.parametrize(
    ("where", "phrase"),
    [
        ({"fare": at_least(50)}, "fare ≥ 50"),
        ({"fare": at_least(50), "distance": at_least(20)}, "fare ≥ 50 and distance ≥ 20"),
        ({"city": (equals("Oslo"), prefix("New"))}, "city is 'Oslo' or city starts with 'New'"),
        (
            {"city": (equals("Oslo"), absent()), "fare": at_least(50)},
            "(city is 'Oslo' or city is absent) and fare ≥ 50",
        ),
    ],
)
def test_conditions_are_joined(where: Where, phrase: str) -> None:
    assert where_phrase(where) == phrase


@pytest.mark.parametrize(
    ("alternatives", "phrases"),
    [
        (({"msgTag": TRIP},), ("TripBooked",)),
        (({"msgTag": (TRIP, equals("Paid"))},), ("TripBooked, Paid",)),
        (
            ({"msgTag": (TRIP,), "fare": at_least(50), "distance": at_least(20)},),
            ("TripBooked where fare ≥ 50 and distance ≥ 20",),
        ),
        (({"msgTag": TRIP, "requestService": equals("Desk")},), ("TripBooked (replies)",)),
        (
            ({"msgTag": TRIP, "requestService": equals("Desk"), "vip": equals(True)},),
            ("TripBooked (replies) where vip is true",),
        ),
        (
            ({"msgTag": equals("Paid")}, {"msgTag": TRIP, "fare": at_least(50)}),
            ("Paid", "TripBooked where fare ≥ 50"),
        ),
    ],
)
def test_each_alternative_of_a_policy_is_one_phrase(
    alternatives: tuple[Where, ...], phrases: tuple[str, ...]
) -> None:
    assert policy_phrases(FilterPolicy(alternatives)) == phrases
