"""Two contenders take turns, so that what slows the machine for a while slows both."""

import statistics
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def alternate(
    waystation: Callable[[], T], baseline: Callable[[], T], runs: int
) -> tuple[list[T], list[T]]:
    """Run both `runs` times and return the results of each; the order changes each time."""
    results: tuple[list[T], list[T]] = ([], [])
    contenders = ((waystation, results[0]), (baseline, results[1]))
    for turn in range(runs):
        for run, found in contenders if turn % 2 == 0 else reversed(contenders):
            found.append(run())
    return results


def medians(results: tuple[list[float], list[float]]) -> tuple[float, float]:
    """Return the median of each contender."""
    return statistics.median(results[0]), statistics.median(results[1])
