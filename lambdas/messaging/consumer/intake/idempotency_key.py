"""The key of a message's item in the idempotency table: the consumer, and who the message is.

A message is identified by its msgTag, its source and its id, or the idempotency key that its
handler declares in place of the id. Keys are JSON arrays: joined by a character that may occur in a
part, two identities could share an item.
"""

from typing import Final

import msgspec

from messaging.consumer.model.delivery import Ready
from messaging.function.handlers import Key

# Bytes. DynamoDB holds 2,048 in a partition key, and bills an item of 1,024 as one write unit.
_LONGEST: Final = 512


def key_of(delivery: Ready, consumer: str) -> str | None:
    """Return the key, at most 512 bytes; None if the handler is not idempotent.

    Raises ValueError for an empty idempotency key, and what the application's function raises.
    """
    registration, envelope = delivery.registration, delivery.envelope
    if not registration.idempotent:
        return None
    header = envelope.header
    # An array of another length: an id is never taken for a key.
    own = ("key", _own_key(registration.key, delivery)) if registration.key else (header.id,)
    key = msgspec.json.encode((consumer, envelope.tag, header.source, *own))
    return key.decode() if len(key) <= _LONGEST else _digest(key)


def _own_key(key: Key, delivery: Ready) -> str:
    # Messages with an empty key would count as copies of each other, and all but one be skipped.
    if not (own := key(delivery.message)):
        raise ValueError(f"the idempotency key of this {type(delivery.message).__name__} is empty")
    return own


def _digest(key: bytes) -> str:
    import hashlib

    # It cannot equal a key: those are JSON arrays.
    return hashlib.sha256(key).hexdigest()
