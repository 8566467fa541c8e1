"""Calls that take up to ten entries: cut them to size, find out which entries failed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from messaging.limits import MAX_BATCH_ENTRIES

T = TypeVar("T")

# One batch call: takes the entries, returns the API's answer.
Call = Callable[[list[dict[str, Any]]], Mapping[str, Any]]


def chunks(items: Sequence[T], size: Callable[[T], int], limit: int) -> Iterator[list[T]]:
    """Cut `items` into runs of at most ten and at most `limit` bytes; an item over the limit
    travels alone.
    """
    chunk: list[T] = []
    total = 0
    for item in items:
        if chunk and (len(chunk) == MAX_BATCH_ENTRIES or total + size(item) > limit):
            yield chunk
            chunk, total = [], 0
        chunk.append(item)
        total += size(item)
    if chunk:
        yield chunk


def send(entries: Sequence[dict[str, Any]], call: Call) -> dict[int, str]:
    """Send one batch; return why, by position, for each entry that did not make it.

    A batch call may fail for some entries and still answer with success: those are in `Failed`.
    """
    numbered = [{**entry, "Id": str(position)} for position, entry in enumerate(entries)]
    try:
        answer = call(numbered)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, none of them is known to have arrived
        return dict.fromkeys(range(len(entries)), f"{type(error).__name__}: {error}")
    return {int(failed["Id"]): _why(failed) for failed in answer.get("Failed", ())}


def _why(failed: Mapping[str, Any]) -> str:
    return f"{failed.get('Code', 'unknown')}: {failed.get('Message', '')}"
