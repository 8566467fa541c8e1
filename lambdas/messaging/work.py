"""One record on its way through a batch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contracts.message import Message
from messaging.context import Context
from messaging.envelope import Envelope, Record
from messaging.outcome import Outcome
from messaging.publisher import Outgoing

Handle = Callable[[Any, Context], None]


@dataclass(slots=True, kw_only=True)
class Work:
    """A record, what became known of it, and its outcome once it is settled."""

    record: Record
    envelope: Envelope | None = None
    message: Message | None = None
    handle: Handle | None = None
    outcome: Outcome | None = None
    held_back: list[Outgoing] = field(default_factory=list)
    duration: float = 0.0

    @property
    def sqs_id(self) -> str:
        """The id by which SQS knows this record; a requeued copy has another."""
        return str(self.record["messageId"])

    @property
    def id(self) -> str:
        """The id that the message keeps for life, as far as it can be read."""
        return self.envelope.header.id if self.envelope else self.sqs_id
