import pytest

from benchmarks.turns import alternate, medians


def test_the_sides_take_turns_at_going_first() -> None:
    order: list[str] = []

    alternate(lambda: order.append("ours"), lambda: order.append("theirs"), 3)

    assert order == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]


def test_what_a_side_returns_stays_with_it() -> None:
    ours, theirs = iter([1, 2, 3]), iter([10, 20, 30])

    assert alternate(lambda: next(ours), lambda: next(theirs), 3) == ([1, 2, 3], [10, 20, 30])


@pytest.mark.parametrize(
    ("times", "median"), [([5.0], 5.0), ([1.0, 9.0, 2.0], 2.0), ([1.0, 2.0, 3.0, 100.0], 2.5)]
)
def test_one_slow_run_does_not_move_the_median(times: list[float], median: float) -> None:
    assert medians((times, [7.0])) == (median, 7.0)
