"""Reading an SQS record: the message's tag, sender, header, and attempts so far."""

from datetime import datetime

import msgspec

from messaging.wire import encoding as wire
from messaging.wire.header import SENDER, Header, RetryState


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A received message. `attributes` are the sender's, `attempt` counts from 1.

    `retry`     the JSON of the attribute `retry`: of copies, and of messages with a long delay;
                only what is honoured of it
    `forged`    it came with `retry` or `deadLetter` of a sender that may not write them
    `received`  how often SQS has delivered this copy
    `in_place`  the message is retried by its visibility timeout, not by a copy: its queue is FIFO,
                or the copy would not fit
    """

    body: str
    attributes: wire.Attributes
    tag: str
    header: Header
    attempt: int
    first_received: datetime
    retry: RetryState | None = None
    received: int = 1
    in_place: bool = False
    forged: bool = False

    @property
    def correlation_id(self) -> str:
        """The id that all messages of a conversation share."""
        return self.header.correlationid or self.header.id

    @property
    def sender(self) -> str | None:
        """The service that the message names as its sender: a claim, unless it came from a MsgOut,
        where only its owner publishes.
        """
        value = self.attributes.get(SENDER)
        return value.get("StringValue") if value else None
