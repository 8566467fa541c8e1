"""Parallel calls."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_parallel(do: Callable[[T], object], items: Sequence[T]) -> None:
    """Call `do` for every item, up to ten at a time: a client's connection pool has ten.

    Raises the error of the first item that failed, in the order of `items`; items not yet begun may
    then be skipped.
    """
    if len(items) < 2:
        for item in items:
            do(item)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(10, len(items))) as pool:
        list(pool.map(do, items))
