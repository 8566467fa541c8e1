"""The copy of a message that goes back to its queue."""

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.outcome import Requeue
from messaging.consumer.settlement.entries import Entry, entry, with_header
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope
from messaging.wire.header import RETRY, RetryState
from messaging.wire.packing import pack


def retry_copy(delivery: Delivery, envelope: Envelope, outcome: Requeue) -> Entry:
    """Return the copy that goes back to the queue: the same message, with its attempts so far."""
    attributes, inside = pack(with_header(envelope), reserved=1)
    past = envelope.retry
    state = RetryState(
        attempt=outcome.attempt,
        firstreceived=envelope.first_received,
        notbefore=outcome.not_before,
        delay=outcome.delay if outcome.error else (past.delay if past else None),
        error=outcome.why if outcome.error else (past.error if past else None),
        suspect=outcome.suspect,
        looks=outcome.looks,
        attributes=inside.attributes,
        binary=inside.binary,
    )
    return entry(delivery, envelope.body, {**attributes, RETRY: wire.text(wire.to_json(state))})
