"""The idempotency table as DynamoDB keeps it."""

from collections.abc import Sequence
from typing import Any, Final

from tests.unit.messaging.invariant.process import Process

Item = dict[str, Any]

_CONDITION: Final = (
    "attribute_not_exists(id) OR #expires < :now OR "
    "(#status = :claimed AND (#lease < :now OR #lease > :longest))"
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
        key, old = new["id"]["S"], self.items.get(new["id"]["S"])
        if old is None or self._free(old, values):
            self.items[key], self.owners[key] = new, process
            self._asked(key, process)
            return None
        return old

    def _free(self, item: Item, values: Item) -> bool:
        now, longest = (float(values[name]["N"]) for name in (":now", ":longest"))
        runs = now <= float(item["lease"]["N"]) <= longest
        lapsed = item["status"] == values[":claimed"] and not runs
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
        keys = [request["PutRequest"]["Item"]["id"]["S"] for request in requests]
        assert 1 <= len(keys) <= 25
        assert len(set(keys)) == len(keys), "a key twice in one batch"

    def write(self, request: Item) -> str:
        """Put an item, whatever is there; return its key."""
        self._count += 1
        item = request["PutRequest"]["Item"]
        self.items[item["id"]["S"]] = item
        if item["status"]["S"] == "done":
            self.noted[item["id"]["S"]] = self._count
        return str(item["id"]["S"])

    def delete_if(self, parameters: Item) -> bool:
        """Delete an item if it has the owner; return whether it had."""
        assert parameters["ConditionExpression"] == "#owner = :owner"
        assert parameters["ExpressionAttributeNames"] == {"#owner": "owner"}
        key = parameters["Key"]["id"]["S"]
        owner = parameters["ExpressionAttributeValues"][":owner"]
        if self.items.get(key, {}).get("owner") != owner:
            return False
        del self.items[key]
        return True
