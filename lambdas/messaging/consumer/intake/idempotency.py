"""Idempotency: a copy of a message that was handled is skipped. A DynamoDB table remembers.

With the guarantee `lease` an item is claimed before the handler runs, and done afterwards; with
`completion` it exists once the message is done. A claim's lease ends with the invocation that made
the claim, so a process that died blocks its message for that long at most.

What a crash leads to: before the handler, nothing has happened; between the handler's effect and
the completion, the handler runs again and sends messages with the same ids; after the completion,
the message is skipped. No table closes the middle gap: a handler whose effect must not happen twice
writes the effect under a condition of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from messaging.aws.parallel import in_parallel
from messaging.consumer.intake import idempotency_table
from messaging.consumer.intake.idempotency_table import Taken
from messaging.consumer.intake.isolation import is_suspect
from messaging.consumer.model.delivery import Claimed, Handled, Ready
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Done, Requeue, Skipped
from messaging.consumer.model.retry_decision import outcome_of
from messaging.function.handlers import Key

# Seconds a lease outlives its invocation, for clocks that differ.
_MARGIN: Final = 5
# DynamoDB holds 2,048 bytes in a partition key; a character has up to four.
_LONGEST: Final = 400
_HANDLED: Final = Skipped("it was handled before")

# By key.
Decided = dict[str, Claimed | Handled]


def claim(batch: Sequence[Ready | Handled], invocation: Invocation) -> list[Claimed | Handled]:
    """Return the batch with each ready delivery claimed, or skipped because it was handled before.

    A delivery whose claim could not be decided is tried again later.
    """
    keyed: dict[str, Ready] = {}
    # A delivery that is decided, or the key by which it will be.
    found = [_key_or_decision(each, keyed, invocation) for each in batch]
    decided = _lease(keyed, invocation) if _leases(invocation) else _look_up(keyed, invocation)
    return [decided[each] if isinstance(each, str) else each for each in found]


def _key_or_decision(
    delivery: Ready | Handled, keyed: dict[str, Ready], invocation: Invocation
) -> str | Claimed | Handled:
    """Add the delivery to `keyed` and return its key, or return what became of it without one."""
    if isinstance(delivery, Handled):
        return delivery
    key = _key_or_failure(delivery, invocation)
    if isinstance(key, Handled):
        return key
    if key is None:
        return delivery.claimed(None)
    if key in keyed:
        why = "a copy of it is in the same batch"
        return delivery.decided(_later(delivery, 1, why, invocation))
    keyed[key] = delivery
    return key


def finish(batch: Sequence[Handled], invocation: Invocation) -> None:
    """Note what is done, and give up the claims on everything else."""
    claims = [(each.claim, each) for each in batch if each.claim is not None]
    if not claims:
        return
    done = [key for key, each in claims if isinstance(each.outcome, Done)]
    # With `completion` nothing was written that would have to be given up. The claim of an
    # abandoned handler ends by itself, since that handler still runs.
    given_up = [
        key
        for key, each in claims
        if _leases(invocation) and not (isinstance(each.outcome, Done) or each.abandoned)
    ]
    window = invocation.consumer.deduplication_window
    idempotency_table.note(invocation.config.idempotency_table, done, given_up, window)


def _leases(invocation: Invocation) -> bool:
    return invocation.consumer.guarantee == "lease"


def _key_or_failure(delivery: Ready, invocation: Invocation) -> str | Handled | None:
    try:
        return _key_of(delivery, invocation)
    except Exception as error:  # noqa: BLE001 - the application's function made the key
        return delivery.decided(outcome_of(delivery.envelope, invocation, error))


def _key_of(delivery: Ready, invocation: Invocation) -> str | None:
    """Return the item's key: the consumer, and the message's id or business id."""
    registration, envelope = delivery.registration, delivery.envelope
    if not registration.idempotent:
        return None
    if registration.key:
        own = f"{envelope.tag}/{_business_id(registration.key, delivery)}"
    else:
        own = envelope.header.id
    return f"{invocation.consumer.name}/{_short(own)}"


def _business_id(key: Key, delivery: Ready) -> str:
    # Messages with an empty key would count as copies of each other, and all but one be skipped.
    if not (own := key(delivery.message)):
        raise ValueError(f"the idempotency key of this {type(delivery.message).__name__} is empty")
    return own


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def _lease(keyed: Mapping[str, Ready], invocation: Invocation) -> Decided:
    """Claim each delivery, several at a time."""
    found: Decided = {}

    def one(pair: tuple[str, Ready]) -> None:
        key, delivery = pair
        found[key] = _claim(delivery, key, invocation)

    in_parallel(one, list(keyed.items()))
    return found


def _claim(delivery: Ready, key: str, invocation: Invocation) -> Claimed | Handled:
    deadline, table = invocation.deadline, invocation.config.idempotency_table
    lease = deadline.remaining() + deadline.reserve + _MARGIN
    window = invocation.consumer.deduplication_window
    try:
        taken = idempotency_table.put_claim(table, key, lease, window)
    except Exception as error:  # noqa: BLE001 - DynamoDB failed; a later attempt may succeed
        return delivery.decided(outcome_of(delivery.envelope, invocation, error))
    return delivery.decided(_taken(delivery, taken, invocation)) if taken else delivery.claimed(key)


def _taken(delivery: Ready, taken: Taken, invocation: Invocation) -> Skipped | Requeue:
    if taken.done:
        return _HANDLED
    return _later(delivery, max(1, taken.seconds), "another invocation handles it", invocation)


def _look_up(keyed: Mapping[str, Ready], invocation: Invocation) -> Decided:
    """Look which deliveries are done."""
    try:
        done = idempotency_table.find_done(invocation.config.idempotency_table, list(keyed))
    except Exception as error:  # noqa: BLE001 - DynamoDB failed; a later attempt may succeed
        return {
            key: each.decided(outcome_of(each.envelope, invocation, error))
            for key, each in keyed.items()
        }
    return {
        key: each.decided(_HANDLED) if key in done else each.claimed(key)
        for key, each in keyed.items()
    }


def _later(delivery: Ready, delay: float, why: str, invocation: Invocation) -> Requeue:
    # The same attempt, and the same suspicion: its handler has not run.
    return Requeue(
        attempt=delivery.envelope.attempt,
        delay=delay,
        why=why,
        suspect=is_suspect(delivery, invocation),
    )
