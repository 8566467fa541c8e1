"""A message that is ready to send: validated, addressed, within the limits."""

import uuid
from typing import Any, Final

import msgspec

from messaging.sending.address import Address
from messaging.sending.claim_check import Claim
from messaging.wire import encoding as wire
from messaging.wire.header import TAG

# What tells a message from the others that are sent with it: its identity, and where it goes.
Key = tuple[str, str | None, str, str]

# SNS and SQS: characters of a message group id, and of a deduplication id.
_MAX_TOKEN: Final = 128


class ReplyDeadline(msgspec.Struct, frozen=True):
    """The time limit of a request: the number of replies it expects, until when (epoch seconds),
    and the RequestTimedOut that is received if they are missing.
    """

    expected_replies: int
    until: float
    timed_out: "OutgoingMessage"


class OutgoingMessage(msgspec.Struct, frozen=True):
    """A message ready to send. `bytes` are body and attributes, `delay` is in seconds; `claim` is
    set if the body goes to S3, `reply_deadline` if its replies have a time limit.

    Its tag, its `source` and its `id` together identify it.
    """

    id: str
    source: str | None
    body: str
    attributes: wire.Attributes
    bytes: int
    address: Address
    group: str | None = None
    claim: Claim | None = None
    delay: int = 0
    reply_deadline: ReplyDeadline | None = None

    @property
    def tag(self) -> str:
        """The msgTag."""
        return str(self.attributes[TAG]["StringValue"])

    @property
    def key(self) -> Key:
        """The key; two messages of one batch may have one id, if their handlers choose it."""
        return self.tag, self.source, self.id, self.address.where

    @property
    def deduplication_id(self) -> str:
        """The digest of its identity, by which a FIFO topic or queue drops copies."""
        return derived_id(self.tag, self.source, self.id)

    @property
    def document(self) -> str:
        """The body, also if it goes to S3."""
        return self.claim.body if self.claim else self.body

    def entry(self) -> dict[str, Any]:
        """Return the entry for PublishBatch or SendMessageBatch, without its Id."""
        body = "Message" if self.address.kind == "topic" else "MessageBody"
        entry: dict[str, Any] = {body: self.body, "MessageAttributes": self.attributes}
        if self.group:
            # On a standard queue it keeps one noisy group from delaying the others (fair queues).
            entry["MessageGroupId"] = self.group
        if self.delay:
            entry["DelaySeconds"] = self.delay
        if self.address.fifo:
            entry["MessageDeduplicationId"] = self.deduplication_id
        return entry


def new_id() -> str:
    """Return a random message id."""
    return str(uuid.uuid4())


def derived_id(*parts: str | int | None) -> str:
    """Return an id that is a digest of `parts`: the same for the same parts, and another for any
    others.
    """
    # As JSON: joined by a character that may occur in a part, different parts could be one text.
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"waystation:{msgspec.json.encode(parts).decode()}"))


def token(value: str) -> str:
    """Return `value` if SNS and SQS accept it as an id (up to 128 printable ASCII characters, no
    spaces), else its digest.
    """
    if len(value) <= _MAX_TOKEN and value.isascii() and value.isprintable() and " " not in value:
        return value
    return derived_id("token", value)
