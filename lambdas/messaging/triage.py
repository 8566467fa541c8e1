"""What can be said of a record before its handler runs: not understood, too early, expired."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from contracts.message import Message
from messaging import wire
from messaging.envelope import Envelope, Record, open_record
from messaging.errors import MAX_RETRY_AFTER, InvalidMessage
from messaging.outcome import DeadLetter, Outcome, Requeue
from messaging.settings import ConsumerSettings
from messaging.work import Handle, Work


@dataclass(frozen=True, slots=True)
class Route:
    """A message class and the function that handles it."""

    message: type[Message]
    handle: Handle
    decoder: msgspec.json.Decoder[Message]


Routes = Mapping[str, Route]


def triage(record: Record, routes: Routes, config: ConsumerSettings, now: datetime) -> Work:
    """Return the record as work: ready to be handled, or with its outcome already."""
    try:
        envelope = open_record(record)
    except InvalidMessage as error:
        return Work(record=record, outcome=DeadLetter(reason=str(error), error=error))
    work = Work(record=record, envelope=envelope)
    route = routes.get(envelope.tag)
    if route is None:
        work.outcome = DeadLetter(reason=_unknown(envelope.tag, routes))
        return work
    work.handle = route.handle
    try:
        work.message = wire.from_json(envelope.body, route.decoder)
    except InvalidMessage as error:
        work.outcome = DeadLetter(reason=f"the body is not a {envelope.tag}: {error}", error=error)
    else:
        work.outcome = _not_now(envelope, config, now)
    return work


def _unknown(tag: str, routes: Routes) -> str:
    known = ", ".join(sorted(routes)) or "nothing"
    return f"no handler for msgTag {tag[:100]!r}; this consumer handles {known}"


def _not_now(envelope: Envelope, config: ConsumerSettings, now: datetime) -> Outcome | None:
    header, retry = envelope.header, envelope.retry
    early = (retry.notbefore - now).total_seconds() if retry and retry.notbefore else 0
    if early > MAX_RETRY_AFTER:
        return DeadLetter(
            reason=f"the message is not due for {early / 86_400:.0f} days; the limit is 30"
        )
    if retry and early > 0:
        return Requeue(
            attempt=envelope.attempt, delay=early, not_before=retry.notbefore, why="not due yet"
        )
    if header.hops > config.hop_limit:
        return DeadLetter(
            reason=f"{header.hops} hops in this conversation; the limit is {config.hop_limit}"
        )
    if header.expires and header.expires <= now:
        return DeadLetter(reason=f"the message expired at {header.expires.isoformat()}")
    return None
