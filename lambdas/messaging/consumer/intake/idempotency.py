"""Idempotency: a copy of a message that was handled is skipped. A DynamoDB table remembers.

With the guarantee `lease` an item is claimed before the handler runs, and done afterwards; with
`completion` it exists once the message is done. A claim's lease ends a minute after the invocation
that made the claim, so a process that died blocks its message for that long at most.

What a crash leads to: before the handler, nothing has happened; between the handler's effect and
the completion, the handler runs again and sends messages with the same ids; after the completion,
the message is skipped. No table closes the middle gap: a handler whose effect must not happen twice
writes the effect under a condition of its own.
"""

import uuid
from collections.abc import Sequence

from messaging.aws.parallel import in_parallel
from messaging.consumer.intake import idempotency_table
from messaging.consumer.intake.idempotency_copies import outcome_of_copy
from messaging.consumer.intake.idempotency_key import key_of
from messaging.consumer.intake.idempotency_table import MARGIN, Taken
from messaging.consumer.model.claim import Claim
from messaging.consumer.model.delivery import Claimed, Handled, Ready
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Done
from messaging.consumer.model.retry_decision import outcome_of

# By key: a delivery and the claim that it is to get.
Candidates = dict[str, tuple[Ready, Claim]]
# By key.
Decided = dict[str, Claimed | Handled]


def claim(batch: Sequence[Ready | Handled], invocation: Invocation) -> list[Claimed | Handled]:
    """Return the batch with each ready delivery claimed, or skipped because it was handled before.

    A delivery whose claim could not be decided is tried again later.
    """
    candidates: Candidates = {}
    # One owner for the batch, which claims each key once.
    owner = str(uuid.uuid4())
    # A delivery that is decided, or the key by which it will be.
    found = [_key_or_decision(each, candidates, owner, invocation) for each in batch]
    decide = _lease if _leases(invocation) else _look_up
    decided = decide(candidates, invocation)
    return [decided[each] if isinstance(each, str) else each for each in found]


def _key_or_decision(
    delivery: Ready | Handled, candidates: Candidates, owner: str, invocation: Invocation
) -> str | Claimed | Handled:
    """Add the delivery to the candidates and return its key, or return what became of it without
    one.
    """
    if isinstance(delivery, Handled):
        return delivery
    try:
        key = key_of(delivery, invocation.consumer.name)
    except Exception as error:  # noqa: BLE001 - the application's function made the key
        return delivery.decided(outcome_of(delivery.envelope, invocation, error))
    if key is None:
        return delivery.claimed(None)
    wanted = Claim(key, owner, _digest(delivery, invocation))
    if key in candidates:
        first = Taken(False, 1, candidates[key][1].digest)
        why = "a copy of it is in the same batch"
        return delivery.decided(outcome_of_copy(delivery, wanted, first, invocation, why))
    candidates[key] = (delivery, wanted)
    return key


def finish(batch: Sequence[Handled], invocation: Invocation) -> None:
    """Note what is done, and give up the claims on everything else."""
    table = invocation.config.idempotency_table
    done = [each.claim for each in batch if each.claim and isinstance(each.outcome, Done)]
    if done:
        idempotency_table.note_done(table, done, invocation.consumer.deduplication_window)
    # With `completion` nothing was written that would have to be given up.
    if _leases(invocation) and (given_up := _given_up(batch)):
        idempotency_table.give_up(table, given_up)


def _given_up(batch: Sequence[Handled]) -> list[Claim]:
    # The claim of an abandoned handler ends by itself, since that handler still runs.
    return [
        each.claim
        for each in batch
        if each.claim and not (isinstance(each.outcome, Done) or each.abandoned)
    ]


def _leases(invocation: Invocation) -> bool:
    return invocation.consumer.guarantee == "lease"


def _digest(delivery: Ready, invocation: Invocation) -> bytes | None:
    """Return the digest of the body, or of the document for which it stands."""
    if not invocation.consumer.payload_check:
        return None
    import hashlib

    document = delivery.document
    body = delivery.envelope.body if document is None else document
    return hashlib.sha256(body.encode()).digest()


def _lease(candidates: Candidates, invocation: Invocation) -> Decided:
    """Claim each delivery, several at a time."""
    found: Decided = {}

    def one(candidate: tuple[Ready, Claim]) -> None:
        delivery, wanted = candidate
        found[wanted.key] = _claim(delivery, wanted, invocation)

    in_parallel(one, list(candidates.values()))
    return found


def _claim(delivery: Ready, wanted: Claim, invocation: Invocation) -> Claimed | Handled:
    deadline, table = invocation.deadline, invocation.config.idempotency_table
    lease = deadline.remaining() + deadline.reserve + MARGIN
    window = invocation.consumer.deduplication_window
    try:
        taken = idempotency_table.put_claim(table, wanted, lease, window)
    except Exception as error:  # noqa: BLE001 - DynamoDB failed; a later attempt may succeed
        return delivery.decided(outcome_of(delivery.envelope, invocation, error))
    if taken is None:
        return delivery.claimed(wanted)
    return delivery.decided(outcome_of_copy(delivery, wanted, taken, invocation))


def _look_up(candidates: Candidates, invocation: Invocation) -> Decided:
    """Look which deliveries are done."""
    try:
        done = idempotency_table.find_done(invocation.config.idempotency_table, list(candidates))
    except Exception as error:  # noqa: BLE001 - DynamoDB failed; a later attempt may succeed
        return {
            key: each.decided(outcome_of(each.envelope, invocation, error))
            for key, (each, _) in candidates.items()
        }
    return {
        key: each.decided(outcome_of_copy(each, wanted, done[key], invocation))
        if key in done
        else each.claimed(wanted)
        for key, (each, wanted) in candidates.items()
    }
