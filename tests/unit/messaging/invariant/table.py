"""The idempotency table as DynamoDB keeps it."""

from collections.abc import Sequence
from typing import Any, Final

from tests.unit.messaging.invariant.process import Process

Item = dict[str, Any]

_CONDITION: Final = (
    "attribute_not_exists(id) OR #expires < :now OR (#status = :claimed AND #lease < :now)"
)
_NAMES: Final = {"#expires": "expires", "#status": "status", "#lease": "lease"}


class Table:
    """Items by key; who claimed them; when (by a count) each was noted as done, or written."""

    def __init__(self) -> None:
        """Start empty."""
        self.items: dict[str, Item] = {}
        self.owners: dict[str, Process] = {}
        self.noted: dict[str, int] = {}
        self._count = 0

    def put_if(self, parameters: Item, process: Process) -> Item | None:
        """Put an item under the runtime's condition; return the item that is in its way."""
        assert parameters["ConditionExpression"] == _CONDITION
        assert parameters["ExpressionAttributeNames"] == _NAMES
        new, values = parameters["Item"], parameters["ExpressionAttributeValues"]
        key, now = new["id"]["S"], float(values[":now"]["N"])
        old = self.items.get(key)
        if old is None or self._free(old, now, values[":claimed"]["S"]):
            self.items[key], self.owners[key] = new, process
            self._asked(key, process)
            return None
        return old

    def _free(self, item: Item, now: float, claimed: str) -> bool:
        lapsed = item["status"]["S"] == claimed and float(item["lease"]["N"]) < now
        return lapsed or float(item["expires"]["N"]) < now

    def get(self, keys: Sequence[str], process: Process) -> list[Item]:
        """Return the items that exist."""
        for key in keys:
            self._asked(key, process)
        return [self.items[key] for key in keys if key in self.items]

    def _asked(self, key: str, process: Process) -> None:
        self._count += 1
        process.asked[key] = self._count

    def check(self, requests: Sequence[Item]) -> None:
        """Refuse a batch that DynamoDB refuses."""
        keys = [_key(request) for request in requests]
        assert 1 <= len(keys) <= 25
        assert len(set(keys)) == len(keys), "a key twice in one batch"

    def write(self, request: Item, process: Process) -> None:
        """Put or delete an item, whatever is there."""
        self._count += 1
        key = _key(request)
        if "PutRequest" in request:
            self.items[key] = request["PutRequest"]["Item"]
            if self.items[key]["status"]["S"] == "done":
                self.noted[key] = self._count
        else:
            self.items.pop(key, None)


def _key(request: Item) -> str:
    if "PutRequest" in request:
        return str(request["PutRequest"]["Item"]["id"]["S"])
    return str(request["DeleteRequest"]["Key"]["id"]["S"])
