"""DynamoDB's batch calls. A successful response may list items that were not processed."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from messaging import log
from messaging.aws import clients as aws

T = TypeVar("T")
Item = dict[str, Any]

# BatchWriteItem and BatchGetItem: items of one call.
_MAX_WRITES: Final = 25
_MAX_READS: Final = 100
_TRIES: Final = 3


class Undone(Exception):
    """DynamoDB did not process some items of a batch in three calls."""


def read_batch(table: str, keys: Sequence[str]) -> dict[str, Item]:
    """Return the items that exist, by their `id`. The read is consistent.

    Raises Undone, and the errors of the SDK.
    """
    found: dict[str, Item] = {}
    for chunk in _chunks(keys, _MAX_READS):
        request = {table: {"Keys": [{"id": {"S": key}} for key in chunk], "ConsistentRead": True}}
        for _ in range(_TRIES):
            response = aws.client("dynamodb").batch_get_item(RequestItems=request)
            found.update((item["id"]["S"], item) for item in response["Responses"].get(table, ()))
            request = response.get("UnprocessedKeys")
            if not request:
                break
        else:
            raise Undone
    return found


def write_batch(table: str, puts: Sequence[Item]) -> None:
    """Put items.

    Failures are logged, not raised: a message that is not marked as done is handled again only if a
    copy of it is received.
    """
    requests = [{"PutRequest": {"Item": item}} for item in puts]
    for chunk in _chunks(requests, _MAX_WRITES):
        try:
            left = _write(table, chunk)
        except Exception as error:  # noqa: BLE001 - the messages are handled already
            log.error("not noted", items=len(chunk), errorType=type(error).__name__)
        else:
            if left:
                log.error("not noted", items=left, errorType="Undone")


def _write(table: str, requests: Sequence[Item]) -> int:
    left: Any = {table: list(requests)}
    for _ in range(_TRIES):
        left = aws.client("dynamodb").batch_write_item(RequestItems=left).get("UnprocessedItems")
        if not left:
            return 0
    return len(left[table])


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
