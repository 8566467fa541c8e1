"""The verdicts of poison-message isolation, as a table: every case there is."""

from itertools import product

import pytest

from messaging.consumer.intake.isolation import Facts, Verdict, verdict

_, X = False, True

# used up, received again, suspect, isolated -> verdict
TABLE: dict[tuple[bool, bool, bool, bool], Verdict] = {
    (_, _, _, _): "handle",
    (_, _, _, X): "handle",
    (_, _, X, _): "isolate",
    (_, _, X, X): "handle alone",
    (_, X, _, _): "handle",
    (_, X, _, X): "handle",
    (_, X, X, _): "isolate",
    (_, X, X, X): "handle alone",
    (X, _, _, _): "attempts used up",
    (X, _, _, X): "attempts used up",
    (X, _, X, _): "attempts used up",
    (X, _, X, X): "attempts used up",
    (X, X, _, _): "poison",
    (X, X, _, X): "poison",
    (X, X, X, _): "poison",
    (X, X, X, X): "poison",
}


def test_the_table_is_complete() -> None:
    assert TABLE.keys() == set(product((False, True), repeat=4))


@pytest.mark.parametrize(("facts", "expected"), TABLE.items())
def test_a_verdict(facts: tuple[bool, bool, bool, bool], expected: Verdict) -> None:
    assert verdict(Facts(*facts)) == expected
