"""Idempotency: a message that comes twice is handled once. A DynamoDB table remembers.

With `lease` an item goes from claimed to done; with `completion` it is there once the message is
done. A claim's lease ends with the invocation that made it, so a process that died blocks nobody
for long.

What a crash leads to: before the handler, nothing happened; between the handler's effect and the
completion, the handler runs again, with the same message ids for what it publishes; after the
completion, the message is skipped. No table can close the middle gap: a handler whose effect must
never happen twice writes it together with a condition of its own.
"""

import time
import uuid
from collections.abc import Sequence
from typing import Any, Final

from messaging.aws import clients as aws
from messaging.aws.dynamodb_batches import read_batch, write_batch
from messaging.aws.parallel import in_parallel
from messaging.consumer.intake.isolation import is_suspect
from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.failure import outcome_of
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Done, Requeue, Skipped
from messaging.function.handlers import Key
from messaging.settings import ConsumerSettings

# Seconds a lease outlives its invocation, for clocks that differ.
_MARGIN: Final = 5
# DynamoDB holds 2,048 bytes in a partition key; a character has up to four.
_LONGEST: Final = 400
_HANDLED: Final = "it was handled before"

# Free, forgotten, or claimed by an invocation that is over.
_CLAIMABLE: Final = (
    "attribute_not_exists(id) OR #expires < :now OR (#status = :claimed AND #lease < :now)"
)
_NAMES: Final = {"#expires": "expires", "#status": "status", "#lease": "lease"}


def begin(works: Sequence[Delivery], invocation: Invocation) -> None:
    """Skip what was handled before and, with `lease`, claim the rest; others get no outcome."""
    if not invocation.consumer.idempotent:
        return
    first: dict[str, Delivery] = {}
    for work in works:
        key = _key_or_failure(work, invocation)
        if key in first:
            work.outcome = _later(work, 1, "a copy of it is in the same batch", invocation)
        elif key is not None:
            first[key] = work
    if invocation.consumer.guarantee == "lease":
        in_parallel(lambda pair: _claim(pair[1], pair[0], invocation), list(first.items()))
    else:
        _look_up(first, invocation)


def finish(works: Sequence[Delivery], invocation: Invocation) -> None:
    """Note what is done, and give up the claims on everything else."""
    consumer, now = invocation.consumer, time.time()
    claimed = [(work.claim, work) for work in works if work.claim is not None]
    if not claimed:
        return
    done = [
        _item(key, "done", consumer, now) for key, work in claimed if isinstance(work.outcome, Done)
    ]
    # With `completion` nothing was written that would have to be given up. The claim of a handler
    # that was left behind ends by itself, since the handler still runs.
    given_up = [
        key
        for key, work in claimed
        if not (isinstance(work.outcome, Done) or work.abandoned) and consumer.guarantee == "lease"
    ]
    write_batch(invocation.config.idempotency_table, done, given_up)
    for work in works:
        work.claim = None


def _key_or_failure(work: Delivery, invocation: Invocation) -> str | None:
    try:
        return key_of(work, invocation)
    except Exception as error:  # noqa: BLE001 - the application's function made the key
        assert work.envelope is not None
        work.outcome = outcome_of(work.envelope, invocation, error)
        return None


def key_of(work: Delivery, invocation: Invocation) -> str | None:
    """Return the item's key: of the consumer, and of the message's id or business id."""
    envelope, route = work.envelope, work.route
    if envelope is None or route is None or not route.idempotent:
        return None
    own = f"{envelope.tag}/{_business_id(route.key, work)}" if route.key else envelope.header.id
    return f"{invocation.consumer.name}/{_short(own)}"


def _business_id(key: Key, work: Delivery) -> str:
    # All messages without one would be copies of each other, and all but the first be skipped.
    if not (own := key(work.message)):
        raise ValueError(f"the idempotency key of this {type(work.message).__name__} is empty")
    return own


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def _item(
    key: str, status: str, consumer: ConsumerSettings, now: float, lease: float = 0
) -> dict[str, Any]:
    return {
        "id": {"S": key},
        "status": {"S": status},
        "lease": {"N": str(int(lease))},
        "expires": {"N": str(int(now) + consumer.deduplication_window)},
    }


def _claim(work: Delivery, key: str, invocation: Invocation) -> None:
    consumer, now = invocation.consumer, time.time()
    lease = now + invocation.deadline.remaining() + invocation.deadline.reserve + _MARGIN
    # The SDK sends a call again whose answer was lost: then the claim that is in the way is ours.
    owner = str(uuid.uuid4())
    client = aws.client("dynamodb")
    try:
        client.put_item(
            TableName=invocation.config.idempotency_table,
            Item={**_item(key, "claimed", consumer, now, lease), "owner": {"S": owner}},
            ConditionExpression=_CLAIMABLE,
            ExpressionAttributeNames=_NAMES,
            ExpressionAttributeValues={":now": {"N": str(int(now))}, ":claimed": {"S": "claimed"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except client.exceptions.ConditionalCheckFailedException as error:
        item = error.response.get("Item") or {}
        if item.get("owner", {}).get("S") == owner:
            work.claim = key
        else:
            _taken(work, item, now, invocation)
    except Exception as error:  # noqa: BLE001 - DynamoDB did not answer: later it may
        assert work.envelope is not None
        work.outcome = outcome_of(work.envelope, invocation, error)
    else:
        work.claim = key


def _taken(work: Delivery, item: dict[str, Any], now: float, invocation: Invocation) -> None:
    if item.get("status", {}).get("S") == "done":
        work.outcome = Skipped(_HANDLED)
        return
    lease = float(item.get("lease", {}).get("N", now))
    why = "it is being handled elsewhere"
    work.outcome = _later(work, max(1, lease - now), why, invocation)


def _look_up(first: dict[str, Delivery], invocation: Invocation) -> None:
    try:
        found = read_batch(invocation.config.idempotency_table, list(first))
    except Exception as error:  # noqa: BLE001 - DynamoDB did not answer: later it may
        for work in first.values():
            assert work.envelope is not None
            work.outcome = outcome_of(work.envelope, invocation, error)
        return
    now = time.time()
    for key, work in first.items():
        item = found.get(key)
        if item and float(item["expires"]["N"]) >= now:
            work.outcome = Skipped(_HANDLED)
        else:
            work.claim = key


def _later(work: Delivery, delay: float, why: str, invocation: Invocation) -> Requeue:
    assert work.envelope is not None
    # The same attempt, and the same suspicion: its handler has not run.
    return Requeue(
        attempt=work.envelope.attempt,
        delay=delay,
        why=why,
        suspect=is_suspect(work, invocation),
    )
