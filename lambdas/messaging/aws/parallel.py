"""Doing several calls at once."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_parallel(do: Callable[[T], object], items: Sequence[T]) -> None:
    """Call `do` for every item, up to ten at a time, which is as many connections as a client
    keeps.
    """
    if len(items) < 2:
        for item in items:
            do(item)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(10, len(items))) as pool:
        list(pool.map(do, items))
