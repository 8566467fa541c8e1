"""Retry policy: tables of values."""

import pytest
from hypothesis import given, strategies as st

from messaging.policy import Jitter, RetryPolicy


def highest(_: float, high: float) -> float:
    return high


def lowest(low: float, _: float) -> float:
    return low


@pytest.mark.parametrize(
    ("policy", "delays"),
    [
        (RetryPolicy(jitter="none"), [1, 2, 4, 8, 16]),
        (RetryPolicy(jitter="none", base=10, factor=3, cap=100), [10, 30, 90, 100, 100]),
        (RetryPolicy(jitter="none", base=5, factor=1), [5, 5, 5, 5, 5]),
        (RetryPolicy(jitter="none", base=0), [0, 0, 0, 0, 0]),
        (RetryPolicy(schedule=(3, 60, 7_200)), [3, 60, 7_200, 7_200, 7_200]),
        (RetryPolicy(jitter="full"), [1, 2, 4, 8, 16]),
        (RetryPolicy(jitter="equal"), [1, 2, 4, 8, 16]),
    ],
)
def test_delays_grow_by_the_policy(policy: RetryPolicy, delays: list[float]) -> None:
    assert [policy.delay(attempt, highest) for attempt in range(1, 6)] == delays


@pytest.mark.parametrize(
    ("jitter", "least"), [("full", 0), ("equal", 4), ("none", 8), ("decorrelated", 1)]
)
def test_jitter_has_a_lower_bound(jitter: Jitter, least: float) -> None:
    assert RetryPolicy(jitter=jitter).delay(4, lowest) == least


def test_decorrelated_jitter_depends_on_the_delay_before() -> None:
    policy = RetryPolicy(jitter="decorrelated", base=1, cap=50)
    assert policy.delay(1, highest) == 3
    assert policy.delay(2, highest, previous=3) == 9
    assert policy.delay(9, highest, previous=40) == 50


def test_the_last_attempt_is_the_last() -> None:
    policy = RetryPolicy(max_attempts=3)
    assert [policy.exhausted(attempt) for attempt in (1, 2, 3, 4)] == [False, False, True, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_attempts": 0},
        {"base": -1},
        {"cap": -1},
        {"factor": 0.5},
        {"schedule": (1, -1)},
        {"max_age": 0},
    ],
)
def test_a_value_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must (not )?be"):
        RetryPolicy(**wrong)  # type: ignore[arg-type]  # the table mixes types on purpose


@given(
    attempt=st.integers(1, 10_000),
    base=st.floats(0, 1_000),
    factor=st.floats(1, 100),
    cap=st.floats(0, 10_000),
    jitter=st.sampled_from(["full", "equal", "none"]),
    share=st.floats(0, 1),
)
def test_no_delay_is_negative_or_over_the_cap(
    attempt: int, base: float, factor: float, cap: float, jitter: Jitter, share: float
) -> None:
    policy = RetryPolicy(base=base, factor=factor, cap=cap, jitter=jitter)
    delay = policy.delay(attempt, lambda low, high: low + (high - low) * share)
    assert 0 <= delay <= cap
