"""Visits: written down, then published. A client's retry with the same key completes both."""

import uuid
from typing import Protocol

import msgspec

from contracts import Event
from contracts.lounges import BeginVisit, VisitBegun
from messaging import table


class OtherVisitError(Exception):
    """This Idempotency-Key was used for another visit. Send a new visit with a new key."""


class Publish(Protocol):
    """Publishes an event with this message id."""

    def __call__(self, event: Event, *, message_id: str) -> object:
        """Publish, or raise."""


def begin(request: BeginVisit, key: str | None, publish: Publish) -> VisitBegun:
    """Store and publish a visit; the same `key` gives the same visit and message again."""
    visit = msgspec.convert(
        {**msgspec.to_builtins(request), "id": key or str(uuid.uuid4())}, VisitBegun
    )
    if not table.put_once("visits", table.item(**msgspec.to_builtins(visit))):
        raise OtherVisitError(OtherVisitError.__doc__)
    publish(visit, message_id=f"visit-begun-{visit.id}")
    return visit


def find(visit_id: str) -> VisitBegun | None:
    """Return a stored visit, None for an id that is unknown."""
    row = table.get("visits", visit_id)
    return msgspec.convert(row, VisitBegun) if row else None
