"""DynamoDB's batch calls, which may leave some items undone and still answer with success."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from messaging.aws import clients as aws
from messaging.log import log

T = TypeVar("T")
Item = dict[str, Any]

# BatchWriteItem and BatchGetItem: entries a call.
_MAX_WRITES: Final = 25
_MAX_READS: Final = 100
_TRIES: Final = 3


class Undone(Exception):
    """DynamoDB left items of a batch undone, three times in a row."""


def read_batch(table: str, keys: Sequence[str]) -> dict[str, Item]:
    """Return the items that exist, by key, read consistently; raises Undone or the SDK's errors."""
    found: dict[str, Item] = {}
    for chunk in _chunks(keys, _MAX_READS):
        request = {table: {"Keys": [{"id": {"S": key}} for key in chunk], "ConsistentRead": True}}
        for _ in range(_TRIES):
            answer = aws.client("dynamodb").batch_get_item(RequestItems=request)
            found.update((item["id"]["S"], item) for item in answer["Responses"].get(table, ()))
            request = answer.get("UnprocessedKeys")
            if not request:
                break
        else:
            raise Undone
    return found


def write_batch(table: str, puts: Sequence[Item], deletes: Sequence[str]) -> None:
    """Put and delete items. What stays undone is logged: a claim ends by itself, and a message that
    is done but not noted is handled again if a copy of it comes.
    """
    requests = [{"PutRequest": {"Item": item}} for item in puts]
    requests += [{"DeleteRequest": {"Key": {"id": {"S": key}}}} for key in deletes]
    for chunk in _chunks(requests, _MAX_WRITES):
        try:
            left = _write(table, chunk)
        except Exception as error:  # noqa: BLE001 - the messages are handled all the same
            log("not noted", level="ERROR", items=len(chunk), errorType=type(error).__name__)
        else:
            if left:
                log("not noted", level="ERROR", items=left, errorType="Undone")


def _write(table: str, requests: Sequence[Item]) -> int:
    left: Any = {table: list(requests)}
    for _ in range(_TRIES):
        left = aws.client("dynamodb").batch_write_item(RequestItems=left).get("UnprocessedItems")
        if not left:
            return 0
    return len(left[table])


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
