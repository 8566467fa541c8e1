"""Triage: a record becomes a delivery that is ready to be handled, or has an outcome at once."""

from msgspec.structs import replace

from messaging import log
from messaging.consumer.model.delivery import Delivery, Handled, Ready
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Outcome, Requeue
from messaging.consumer.model.retry_decision import outcome_of
from messaging.conversation.expiry import expiry
from messaging.errors import MAX_RETRY_DELAY, InvalidMessage
from messaging.function.handlers import HandlerRegistration, Handlers
from messaging.wire import encoding as wire
from messaging.wire.decoding import Record, open_record
from messaging.wire.envelope import Envelope
from messaging.wire.trust import trust_in


def triage(record: Record, invocation: Invocation) -> Ready | Handled:
    """Return the record as a delivery: ready to be handled, or with its outcome already."""
    consumer = invocation.consumer
    try:
        envelope = open_record(record, in_place=consumer.fifo, senders=consumer.senders)
    except Exception as error:  # noqa: BLE001 - an odd record must not harm its neighbours
        why = str(error) if isinstance(error, InvalidMessage) else f"it cannot be read: {error!r}"
        return Delivery(record=record, envelope=None).decided(_invalid(why, error))
    if envelope.forged:
        log.warning("forged state", consumer=consumer.name, messageId=envelope.header.id)
    if consumer.fifo:
        # SQS also counts each receive in which a message before this one failed.
        most = consumer.retry.max_attempts
        envelope = replace(envelope, attempt=min(envelope.attempt, most))
    delivery = Delivery(record=record, envelope=envelope)
    registration = invocation.handlers.get(envelope.tag)
    if registration is None:
        return delivery.decided(_invalid(_unknown(envelope.tag, invocation.handlers)))
    if envelope.tag in consumer.enqueued and trust_in(record, consumer.senders) == "stranger":
        return delivery.decided(_invalid(f"{envelope.tag} is accepted on the own queue only"))
    if outcome := _not_now(envelope, invocation):
        return delivery.decided(outcome)
    return _read(record, envelope, registration, invocation)


def _read(
    record: Record, envelope: Envelope, registration: HandlerRegistration, invocation: Invocation
) -> Ready | Handled:
    """Read the body by the contract of its handler."""
    outcome: Outcome
    try:
        document = _stored(envelope, invocation) if envelope.header.dataref else None
        body = envelope.body if document is None else document
        message = wire.from_json(body, registration.decoder)
    except InvalidMessage as error:
        outcome = _invalid(f"the body is not a {envelope.tag}: {error}", error)
    except Exception as error:  # noqa: BLE001 - S3 failed; a later attempt may succeed
        outcome = outcome_of(envelope, invocation, error)
    else:
        return Ready(
            record=record,
            envelope=envelope,
            registration=registration,
            message=message,
            document=document,
        )
    return Delivery(record=record, envelope=envelope).decided(outcome)


def _stored(envelope: Envelope, invocation: Invocation) -> str:
    # Imported here: few messages have their body in S3.
    from messaging.sending import claim_check

    return claim_check.body_of(envelope, invocation.consumer.claim_buckets)


def _invalid(reason: str, error: Exception | None = None) -> DeadLetter:
    return DeadLetter(reason=reason, error=error, cause="invalid")


def _unknown(tag: str, handlers: Handlers) -> str:
    known = ", ".join(sorted(handlers)) or "nothing"
    return f"no handler for msgTag {tag[:100]!r}; this consumer handles {known}"


def _not_now(envelope: Envelope, invocation: Invocation) -> Outcome | None:
    """Return the outcome of a message that is early, late, or goes in circles."""
    retry, now = envelope.retry, invocation.now
    early = (retry.notbefore - now).total_seconds() if retry and retry.notbefore else 0
    if early > MAX_RETRY_DELAY:
        return _invalid(f"the message is not due for {early / 86_400:.0f} days; the limit is 30")
    if retry and early > 0:
        return Requeue(
            attempt=envelope.attempt, delay=early, not_before=retry.notbefore, why="not due yet"
        )
    over = expiry(envelope.header, invocation.consumer.hop_limit, now)
    return DeadLetter(reason=over.reason, cause=over.cause) if over else None
