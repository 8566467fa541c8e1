"""Entries of SendMessageBatch: a message as it is sent to a queue again."""

from typing import Any

from messaging.consumer.model.delivery import Delivery
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope
from messaging.wire.header import HEADER

# One entry of SendMessageBatch, without its Id.
Entry = dict[str, Any]


def with_header(envelope: Envelope) -> wire.Attributes:
    """Return the message's attributes, its header among them."""
    # A message from outside has no header, and SQS gives every copy another id: this one must
    # survive.
    if HEADER in envelope.attributes:
        return envelope.attributes
    return {HEADER: wire.binary(wire.to_json_bytes(envelope.header)), **envelope.attributes}


def entry(
    delivery: Delivery, body: str, attributes: wire.Attributes, part: str = "letter"
) -> Entry:
    """Return the entry with the group and the trace of the delivery; in a FIFO queue `part` tells
    it from the message itself.
    """
    made: Entry = {"MessageBody": body, "MessageAttributes": attributes}
    system = delivery.record.get("attributes", {})
    if group := system.get("MessageGroupId"):
        made["MessageGroupId"] = group
    if system.get("SequenceNumber") or system.get("MessageDeduplicationId"):
        # A FIFO queue: within five minutes it would take the copy for the message itself.
        made["MessageDeduplicationId"] = f"{delivery.sqs_id}/{part}"
    if trace := system.get("AWSTraceHeader"):
        made["MessageSystemAttributes"] = {"AWSTraceHeader": wire.text(trace)}
    return made


def entry_size(entry: Entry) -> int:
    """Return what an entry counts against the limit of its batch, in bytes."""
    return wire.size(entry["MessageBody"], entry["MessageAttributes"])
