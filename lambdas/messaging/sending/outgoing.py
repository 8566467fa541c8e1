"""A message that is ready to leave: validated, addressed, within every limit."""

import uuid
from typing import Any, Final

import msgspec

from messaging.sending.address import Address
from messaging.sending.claim_check import Claim
from messaging.wire import encoding as wire

# SNS and SQS: characters of the id of a message group, and of one for deduplication.
_MAX_TOKEN: Final = 128


class ReplyDeadline(msgspec.Struct, frozen=True):
    """An answer that is waited for: how many of them, and until when (epoch seconds)."""

    expected_replies: int
    until: float
    timed_out: "OutgoingMessage"


class OutgoingMessage(msgspec.Struct, frozen=True):
    """A message ready to leave. `delay` in seconds; `pending` if its answers have a time limit."""

    id: str
    body: str
    attributes: wire.Attributes
    bytes: int
    address: Address
    group: str | None = None
    claim: Claim | None = None
    delay: int = 0
    reply_deadline: ReplyDeadline | None = None

    def entry(self) -> dict[str, Any]:
        """Return it as an entry of PublishBatch or SendMessageBatch."""
        body = "Message" if self.address.kind == "topic" else "MessageBody"
        entry: dict[str, Any] = {body: self.body, "MessageAttributes": self.attributes}
        if self.group:
            # On a standard queue it keeps one noisy group from delaying the others (fair queues).
            entry["MessageGroupId"] = self.group
        if self.delay:
            entry["DelaySeconds"] = self.delay
        if self.address.fifo:
            entry["MessageDeduplicationId"] = token(self.id)
        return entry


def new_id() -> str:
    """Return a random message id."""
    return str(uuid.uuid4())


def derived_id(*parts: object) -> str:
    """Return the id that the same parts always give, so that a repeated handler sends the same ids
    again.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, ("waystation:", *parts)))))


def token(value: str) -> str:
    """Return a text that SNS and SQS take as an id: printable ASCII; anything else becomes its
    digest.
    """
    if len(value) <= _MAX_TOKEN and value.isascii() and value.isprintable() and " " not in value:
        return value
    return derived_id(value)
