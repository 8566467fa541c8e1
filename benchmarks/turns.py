"""Two sides taking turns, so that what slows the machine for a while slows both."""

import statistics
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def alternate(ours: Callable[[], T], theirs: Callable[[], T], runs: int) -> tuple[list[T], list[T]]:
    """Run both sides `runs` times; who goes first changes each time."""
    results: tuple[list[T], list[T]] = ([], [])
    sides = ((ours, results[0]), (theirs, results[1]))
    for turn in range(runs):
        for side, found in sides if turn % 2 == 0 else reversed(sides):
            found.append(side())
    return results


def medians(pair: tuple[list[float], list[float]]) -> tuple[float, float]:
    """Return the median of each side."""
    return statistics.median(pair[0]), statistics.median(pair[1])
