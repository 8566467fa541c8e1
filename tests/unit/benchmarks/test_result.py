import dataclasses

import pytest

from benchmarks.result import Condition, Goal, Result

FAST = Result(
    name="fast", goal=Goal(0.5), waystation=2, baseline=8, unit="ms", runs=3, notes=("a note",)
)
HOLDS = Condition(text="no more calls than powertools", met=True)
FAILS = Condition(text="as few runs as possible", met=False)


@pytest.mark.parametrize(
    ("goal", "ratio", "met"),
    [
        (Goal(0.5), 0.49, True),
        (Goal(0.5), 0.5, True),
        (Goal(0.5), 0.51, False),
        (Goal(0.9, "at least"), 0.89, False),
        (Goal(0.9, "at least"), 0.9, True),
        (Goal(0.9, "at least"), 1.2, True),
    ],
)
def test_a_goal_is_met_up_to_its_bound(goal: Goal, ratio: float, met: bool) -> None:
    assert goal.met(ratio) is met


def test_a_result_is_met_when_the_ratio_and_every_condition_are() -> None:
    assert FAST.met
    assert dataclasses.replace(FAST, conditions=(HOLDS,)).met
    assert not dataclasses.replace(FAST, conditions=(HOLDS, FAILS)).met
    assert not dataclasses.replace(FAST, waystation=5, conditions=(HOLDS,)).met


def test_a_result_as_json_has_the_agreed_keys() -> None:
    found = dataclasses.replace(FAST, conditions=(FAILS,)).to_json()

    assert found == {
        "name": "fast",
        "ratio": 0.25,
        "waystation": 2,
        "powertools": 8,
        "against": "powertools",
        "unit": "ms",
        "runs": 3,
        "notes": "goal ≤ 0.50: met; as few runs as possible: MISSED; a note",
    }
