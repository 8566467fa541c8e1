"""One record on its way through a batch."""

from msgspec import Struct

from contracts.message import Message
from messaging.consumer.model.outcome import Outcome
from messaging.function.handlers import HandlerRegistration
from messaging.sending.outgoing import OutgoingMessage
from messaging.sending.pending_requests import ReplyCount
from messaging.wire.envelope import Envelope, Record


class Delivery(Struct, kw_only=True):
    """A record, what became known of it, and its outcome once it has one.

    `answers` is there if it answers a request that has a time limit. `document` is the body where
    that waited in S3. `claim` is its key in the idempotency table while this invocation is
    responsible for it. It is `buried` once its dead letter is sent, `abandoned` when its handler
    still ran past its time.
    """

    record: Record
    envelope: Envelope | None = None
    route: HandlerRegistration | None = None
    document: str | None = None
    message: Message | None = None
    replies: ReplyCount | None = None
    outcome: Outcome | None = None
    claim: str | None = None
    to_dispatch: list[OutgoingMessage] = []
    duration: float = 0.0
    buried: bool = False
    abandoned: bool = False

    @property
    def sqs_id(self) -> str:
        """The id by which SQS knows this record; a requeued copy has another."""
        return str(self.record["messageId"])

    @property
    def id(self) -> str:
        """The id that the message keeps for life, as far as it can be read."""
        return self.envelope.header.id if self.envelope else self.sqs_id

    @property
    def group(self) -> str | None:
        """The message group, within which order is kept."""
        group = self.record.get("attributes", {}).get("MessageGroupId")
        return str(group) if group else None
