import pytest

from benchmarks.turns import alternate, medians


def test_the_contenders_take_turns_at_going_first() -> None:
    order: list[str] = []

    alternate(lambda: order.append("waystation"), lambda: order.append("baseline"), 3)

    assert order == ["waystation", "baseline", "baseline", "waystation", "waystation", "baseline"]


def test_each_contender_has_its_own_results() -> None:
    waystation, baseline = iter([1, 2, 3]), iter([10, 20, 30])

    assert alternate(lambda: next(waystation), lambda: next(baseline), 3) == (
        [1, 2, 3],
        [10, 20, 30],
    )


@pytest.mark.parametrize(
    ("times", "median"), [([5.0], 5.0), ([1.0, 9.0, 2.0], 2.0), ([1.0, 2.0, 3.0, 100.0], 2.5)]
)
def test_one_slow_run_does_not_move_the_median(times: list[float], median: float) -> None:
    assert medians((times, [7.0])) == (median, 7.0)
