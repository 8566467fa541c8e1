"""A completed ride is stored and announced; the client's retry heals what was left half-done."""

import hashlib
import uuid
from typing import Protocol

import msgspec

from contracts import Event
from contracts.unicorn_management import RideCompleted, SubmitRide
from messaging import client, log, table


class OtherRideError(Exception):
    """This Idempotency-Key was used for a different ride. Send a new ride with a new key."""


class Publish(Protocol):
    """Announces an event under the message id."""

    def __call__(self, event: Event, *, message_id: str) -> object:
        """Publish, or raise."""


def complete(request: SubmitRide, key: str | None, publish: Publish) -> RideCompleted:
    """Store and announce a ride; with the same `key` again it is the same ride and message."""
    ride = msgspec.convert({**msgspec.to_builtins(request), "id": _ride_id(key)}, RideCompleted)
    if not table.put_once("rides", table.item(**msgspec.to_builtins(ride))):
        raise OtherRideError(OtherRideError.__doc__)
    try:
        publish(ride, message_id=f"ride-completed-{ride.id}")
    except Exception:
        # With a key the client's retry finds this row and announces it; without, it makes another.
        if key is None:
            _forget(ride.id)
        raise
    return ride


def find(ride_id: str) -> RideCompleted | None:
    """Return a stored ride, None where there is none."""
    row = table.get("rides", ride_id)
    return msgspec.convert(row, RideCompleted) if row else None


def _ride_id(key: str | None) -> str:
    """Return a version 4 UUID: a random one, or the one that belongs to `key`."""
    if key is None:
        return str(uuid.uuid4())
    digest = hashlib.sha256(f"UnicornManagement {key}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _forget(ride_id: str) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client("dynamodb").delete_item(TableName=table.name("rides"), Key=table.item(id=ride_id))
    except (BotoCoreError, ClientError) as error:
        failure = type(error).__name__
        log.error("ride stored but not announced", ride_id=ride_id, error=failure)
