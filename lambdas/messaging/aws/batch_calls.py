"""Batch calls of SQS and SNS: at most ten entries and a limit of bytes, and entries that fail."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from messaging.aws.not_sent import NotSent, of_error, refused
from messaging.limits import MAX_BATCH_ENTRIES

T = TypeVar("T")

# One batch call: takes the entries, returns the API's response.
Call = Callable[[list[dict[str, Any]]], Mapping[str, Any]]


def chunks(items: Sequence[T], size: Callable[[T], int], limit: int) -> Iterator[list[T]]:
    """Split `items` into chunks of at most ten items and `limit` bytes, in order; an item over the
    limit has a chunk of its own.
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


def send(entries: Sequence[dict[str, Any]], call: Call) -> dict[int, NotSent]:
    """Send one batch; return the failed entries: their position in `entries` and the reason.

    A batch call may fail for some entries only; the response, a success, lists these in `Failed`.
    If the call itself raises, every entry has failed.
    """
    numbered = [{**entry, "Id": str(position)} for position, entry in enumerate(entries)]
    try:
        response = call(numbered)
    except Exception as error:  # noqa: BLE001 - whatever failed, no entry is known to have arrived
        return dict.fromkeys(range(len(entries)), of_error(error))
    return {int(each["Id"]): refused(each, response) for each in response.get("Failed", ())}
