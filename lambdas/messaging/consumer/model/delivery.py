"""A delivery: one record of a batch, in the states through which it goes.

Delivery    received: the record, and its envelope where that can be read
Ready       accepted: its handler is known and its body fits the contract
Claimed     claimed: no other invocation handles it, as far as the guarantee says
Handled     decided: it has an outcome, with or without a run of its handler
Dispatched  what its handler sent, or its dead letter, has left
Settled     acted on: requeued, dead-lettered, still in its queue, or to be deleted
"""

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from contracts.message import Message
from messaging.consumer.model.outcome import Outcome, Release, Requeue
from messaging.function.handlers import HandlerRegistration
from messaging.wire.decoding import Record
from messaging.wire.envelope import Envelope

# Most consumers send nothing in their first batch.
if TYPE_CHECKING:
    from messaging.aws.not_sent import NotSent
    from messaging.consumer.model.claim import Claim
    from messaging.sending.outgoing import OutgoingMessage
    from messaging.sending.pending_requests import ReplyCount


class Delivery(Struct, frozen=True, kw_only=True):
    """A record as SQS delivered it. `envelope` is None if the record cannot be decoded."""

    record: Record
    envelope: Envelope | None

    @property
    def sqs_id(self) -> str:
        """The id by which SQS knows this record; a requeued copy has another."""
        return str(self.record["messageId"])

    @property
    def id(self) -> str:
        """The id that the message keeps for life, or SQS's id where that cannot be read."""
        return self.envelope.header.id if self.envelope else self.sqs_id

    @property
    def group(self) -> str | None:
        """The message group, within which order is kept."""
        group = self.record.get("attributes", {}).get("MessageGroupId")
        return str(group) if group else None

    @property
    def in_place(self) -> bool:
        """Whether the record is retried in its queue, by visibility, because it is not copied."""
        # A record without an envelope too: in a FIFO queue it may have to wait its turn.
        return self.envelope is None or self.envelope.in_place

    def decided(self, outcome: Outcome) -> "Handled":
        """Return the delivery with an outcome for which no handler ran."""
        return Handled(record=self.record, envelope=self.envelope, outcome=outcome)


class Ready(Delivery, frozen=True, kw_only=True):
    """A delivery that may be handled. `document` is its body where that was stored in S3."""

    envelope: Envelope
    registration: HandlerRegistration
    message: Message
    document: str | None = None

    def claimed(self, claim: "Claim | None") -> "Claimed":
        """Return the delivery as claimed; without a claim it is not remembered."""
        return Claimed(
            record=self.record,
            envelope=self.envelope,
            registration=self.registration,
            message=self.message,
            document=self.document,
            claim=claim,
        )


class Claimed(Ready, frozen=True, kw_only=True):
    """A delivery whose handler may run. `replies` counts the replies to a request with a
    time limit; None for any other message.
    """

    claim: "Claim | None"
    replies: "ReplyCount | None" = None

    def decided(self, outcome: Outcome) -> "Handled":
        """Return the delivery with an outcome for which no handler ran."""
        return self.handled(outcome)

    def handled(
        self,
        outcome: Outcome,
        *,
        messages: "tuple[OutgoingMessage, ...]" = (),
        seconds: float = 0.0,
        abandoned: bool = False,
    ) -> "Handled":
        """Return the delivery with the outcome of its handler, which sent `messages`."""
        return Handled(
            record=self.record,
            envelope=self.envelope,
            outcome=outcome,
            claim=self.claim,
            messages=messages,
            seconds=seconds,
            abandoned=abandoned,
        )


class Handled(Delivery, frozen=True, kw_only=True):
    """A delivery with its outcome. `messages` are those that its handler sent, `seconds` is how
    long the handler ran. An `abandoned` handler still ran when its time was over. In a FIFO queue
    its dead letter may be sent before the others of the batch.
    """

    outcome: Outcome
    claim: "Claim | None" = None
    messages: "tuple[OutgoingMessage, ...]" = ()
    seconds: float = 0.0
    abandoned: bool = False
    dead_letter_sent: bool = False

    def decided(self, outcome: Outcome) -> "Handled":
        """Return the delivery with another outcome; its claim stays."""
        return replace(self, outcome=outcome)

    @property
    def stays(self) -> Release | Requeue | None:
        """The outcome that leaves the record in its queue, for its `delay`; None for any other."""
        outcome = self.outcome
        return outcome if isinstance(outcome, Release | Requeue) and self.in_place else None

    def settled(self, failure: "NotSent | None") -> "Settled":
        """Return the delivery after its outcome was acted on, or could not be."""
        return Settled(
            record=self.record,
            envelope=self.envelope,
            outcome=self.outcome,
            seconds=self.seconds,
            failure=failure,
            must_stay=failure is not None or self.stays is not None,
        )


class Settled(Delivery, frozen=True, kw_only=True):
    """A delivery whose outcome was acted on. `failure` says why a copy or a dead letter could not
    leave. SQS deletes the record unless it `must_stay`.
    """

    outcome: Outcome
    seconds: float
    failure: "NotSent | None"
    must_stay: bool
