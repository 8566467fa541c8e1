"""The items of the idempotency table: one for each message that is claimed or done.

`id` is the key, `status` is "claimed" or "done". `lease` is when a claim ends and `expires` when
the item is forgotten, both in epoch seconds. `owner` marks the claim of one call.
"""

import time
import uuid
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from messaging.aws import clients as aws
from messaging.aws.dynamodb_batches import read_batch, write_batch

# Free, forgotten, or claimed by an invocation that is over.
_CLAIMABLE: Final = (
    "attribute_not_exists(id) OR #expires < :now OR (#status = :claimed AND #lease < :now)"
)
_NAMES: Final = {"#expires": "expires", "#status": "status", "#lease": "lease"}


class Taken(Struct, frozen=True):
    """The item in the way of a claim: `done`, or claimed by another for `seconds` more."""

    done: bool
    seconds: float


def put_claim(table: str, key: str, lease: float, window: int) -> Taken | None:
    """Claim a key for `lease` seconds, to be remembered for `window` seconds; return the item in
    the way, if there is one. Raises the SDK's errors.
    """
    now = time.time()
    # The SDK repeats a call whose response was lost: then the claim in the way is this one.
    owner = str(uuid.uuid4())
    client = aws.client("dynamodb")
    try:
        client.put_item(
            TableName=table,
            Item={**_item(key, "claimed", now, window, now + lease), "owner": {"S": owner}},
            ConditionExpression=_CLAIMABLE,
            ExpressionAttributeNames=_NAMES,
            ExpressionAttributeValues={":now": {"N": str(int(now))}, ":claimed": {"S": "claimed"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except client.exceptions.ConditionalCheckFailedException as error:
        found = error.response.get("Item") or {}
        if found.get("owner", {}).get("S") == owner:
            return None
        ends = float(found.get("lease", {}).get("N", now))
        return Taken(found.get("status", {}).get("S") == "done", ends - now)
    return None


def find_done(table: str, keys: Sequence[str]) -> set[str]:
    """Return those of the keys that are done and not forgotten; raises the SDK's errors."""
    if not keys:
        return set()
    now = time.time()
    items = read_batch(table, keys)
    return {key for key, item in items.items() if float(item["expires"]["N"]) >= now}


def note(table: str, done: Sequence[str], given_up: Sequence[str], window: int) -> None:
    """Note the keys that are done, and give up the claims on the others. Failures are logged."""
    now = time.time()
    write_batch(table, [_item(key, "done", now, window) for key in done], given_up)


def _item(key: str, status: str, now: float, window: int, lease: float = 0) -> dict[str, Any]:
    return {
        "id": {"S": key},
        "status": {"S": status},
        "lease": {"N": str(int(lease))},
        "expires": {"N": str(int(now) + window)},
    }
