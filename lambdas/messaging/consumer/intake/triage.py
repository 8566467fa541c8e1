"""What can be said of a record before its handler runs: not understood, too early, expired."""

from msgspec.structs import replace

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.failure import outcome_of
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Outcome, Requeue
from messaging.conversation.expiry import expiry
from messaging.errors import MAX_RETRY_DELAY, InvalidMessage
from messaging.function.handlers import HandlerRegistration, Handlers
from messaging.sending import claim_check as claimcheck
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope, Record, open_record


def triage(record: Record, invocation: Invocation) -> Delivery:
    """Return the record as work: ready to be handled, or with its outcome already."""
    try:
        envelope = open_record(record, in_place=invocation.consumer.fifo)
    except InvalidMessage as error:
        return Delivery(record=record, outcome=_invalid(str(error), error))
    if invocation.consumer.fifo:
        # It is also received each time one before it fails, or its dead letter cannot leave.
        most = invocation.consumer.retry.max_attempts
        envelope = replace(envelope, attempt=min(envelope.attempt, most))
    route = invocation.routes.get(envelope.tag)
    work = Delivery(record=record, envelope=envelope, route=route)
    if route is None:
        work.outcome = _invalid(_unknown(envelope.tag, invocation.routes))
    else:
        work.outcome = _not_now(envelope, invocation) or _read(work, envelope, route, invocation)
    return work


def _read(
    work: Delivery, envelope: Envelope, route: HandlerRegistration, invocation: Invocation
) -> Outcome | None:
    try:
        if envelope.header.dataref:
            work.document = claimcheck.body_of(envelope)
        body = envelope.body if work.document is None else work.document
        work.message = wire.from_json(body, route.decoder)
    except InvalidMessage as error:
        return _invalid(f"the body is not a {envelope.tag}: {error}", error)
    except Exception as error:  # noqa: BLE001 - S3 did not answer: later it may
        return outcome_of(envelope, invocation, error)
    return None


def _invalid(reason: str, error: InvalidMessage | None = None) -> DeadLetter:
    return DeadLetter(reason=reason, error=error, cause="invalid")


def _unknown(tag: str, routes: Handlers) -> str:
    known = ", ".join(sorted(routes)) or "nothing"
    return f"no handler for msgTag {tag[:100]!r}; this consumer handles {known}"


def _not_now(envelope: Envelope, invocation: Invocation) -> Outcome | None:
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
