"""The items of the idempotency table: one for each message that is claimed or done.

`id` is the key, `status` is "claimed" or "done". `lease` is when a claim ends and `expires` when
the item is forgotten, both in epoch seconds. `owner` marks who made the claim; only the owner may
give the claim up. `digest` is the SHA-256 of the body, if the consumer checks payloads.

The clocks of two hosts may differ by a minute: a lease outlives its invocation by more than that.
A lease further in the future than any invocation may last was written by a host whose clock is
wrong, and counts as ended.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from messaging import log
from messaging.aws import clients as aws
from messaging.aws.dynamodb_batches import read_batch, write_batch
from messaging.aws.parallel import in_parallel
from messaging.consumer.model.claim import Claim

# Seconds by which the clocks of two hosts may differ.
_SKEW: Final = 60
# Seconds that a lease outlives its invocation. Items hold whole seconds, hence more than the skew.
MARGIN: Final = _SKEW + 5
# Seconds, seen from a clock that is behind: a function runs for 900 at most.
_LONGEST_LEASE: Final = 900 + MARGIN + _SKEW

# Free, forgotten, claimed by an invocation that is over, or with a lease that cannot be true.
_CLAIMABLE: Final = (
    "attribute_not_exists(id) OR #expires < :now OR "
    "(#status = :claimed AND (#lease < :now OR #lease > :longest))"
)
_NAMES: Final = {"#expires": "expires", "#status": "status", "#lease": "lease"}
_OWNED: Final = "#owner = :owner"


class Taken(Struct, frozen=True):
    """The item in the way of a claim: `done`, or claimed by another for `seconds` more. `digest` is
    that of its body, if known.
    """

    done: bool
    seconds: float
    digest: bytes | None = None


def put_claim(table: str, claim: Claim, lease: float, window: int) -> Taken | None:
    """Claim a key for `lease` seconds, to be remembered for `window` seconds; return the item in
    the way, if there is one. Raises the SDK's errors.
    """
    now = time.time()
    client = aws.client("dynamodb")
    try:
        client.put_item(
            TableName=table,
            Item={
                **_item(claim, "claimed", now, window, now + lease),
                "owner": {"S": claim.owner},
            },
            ConditionExpression=_CLAIMABLE,
            ExpressionAttributeNames=_NAMES,
            ExpressionAttributeValues={
                ":now": {"N": str(int(now))},
                ":longest": {"N": str(int(now) + _LONGEST_LEASE)},
                ":claimed": {"S": "claimed"},
            },
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except client.exceptions.ConditionalCheckFailedException as error:
        found = error.response.get("Item") or {}
        # The SDK repeats a call whose response was lost: then the claim in the way is this one.
        if found.get("owner", {}).get("S") == claim.owner:
            return None
        ends = float(found.get("lease", {}).get("N", now))
        done = found.get("status", {}).get("S") == "done"
        return Taken(done, ends - now, _digest_in(found))
    return None


def find_done(table: str, keys: Sequence[str]) -> dict[str, Taken]:
    """Return by key the items that are done and not forgotten; raises the SDK's errors."""
    if not keys:
        return {}
    now = time.time()
    items = read_batch(table, keys)
    return {
        key: Taken(True, 0, _digest_in(item))
        for key, item in items.items()
        if float(item["expires"]["N"]) >= now
    }


def note_done(table: str, claims: Sequence[Claim], window: int) -> None:
    """Note what is done. Failures are logged.

    Without a condition: what is done is done, also if the claim has ended and is another's now.
    """
    now = time.time()
    write_batch(table, [_item(claim, "done", now, window) for claim in claims])


def give_up(table: str, claims: Sequence[Claim]) -> None:
    """Delete the items of claims, but none that is done or another's by now. Failures are logged,
    not raised: a claim that is not given up ends by itself.
    """
    client = aws.client("dynamodb")

    def one(claim: Claim) -> None:
        try:
            client.delete_item(
                TableName=table,
                Key={"id": {"S": claim.key}},
                ConditionExpression=_OWNED,
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": claim.owner}},
            )
        except client.exceptions.ConditionalCheckFailedException:
            pass
        except Exception as error:  # noqa: BLE001 - the messages are handled already
            log.error("not noted", items=1, errorType=type(error).__name__)

    in_parallel(one, claims)


def _item(claim: Claim, status: str, now: float, window: int, lease: float = 0) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": {"S": claim.key},
        "status": {"S": status},
        "lease": {"N": str(int(lease))},
        "expires": {"N": str(int(now) + window)},
    }
    if claim.digest is not None:
        item["digest"] = {"B": claim.digest}
    return item


def _digest_in(item: dict[str, Any]) -> bytes | None:
    digest: bytes | None = item.get("digest", {}).get("B")
    return digest
