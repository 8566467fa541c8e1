"""A stored message as Lambda hands it to the function, and the attempt that it is."""

import base64
from collections.abc import Mapping
from typing import Any

from messaging.testing import Sender
from tests.unit.messaging.invariant.forms import document
from tests.unit.messaging.invariant.queues import Stored


def record(stored: Stored) -> dict[str, Any]:
    """Return the record of an SQS event."""
    system = {
        "SenderId": stored.sender,
        "ApproximateReceiveCount": str(stored.receives),
        "ApproximateFirstReceiveTimestamp": str(int(stored.first_received * 1000)),
        "SentTimestamp": str(int(stored.first_received * 1000)),
    }
    if stored.group:
        system["MessageGroupId"] = stored.group
    if stored.handle and stored.fifo:
        system["SequenceNumber"] = str(stored.sequence)
    return {
        "messageId": stored.id,
        "receiptHandle": stored.handle,
        "body": stored.body,
        "attributes": system,
        "messageAttributes": {name: _attribute(value) for name, value in stored.attributes.items()},
        "eventSource": "aws:sqs",
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    if "BinaryValue" in value:
        encoded = base64.b64encode(value["BinaryValue"]).decode()
        return {"dataType": value["DataType"], "binaryValue": encoded}
    return {"dataType": value["DataType"], "stringValue": value["StringValue"]}


def attempt(stored: Stored, *, in_place: bool) -> int:
    """Return which attempt this is, by the rules of the design: what stays `in_place`, and what is
    suspected of ending its process, counts its receipts.
    """
    # From another sender nothing of it counts.
    own = stored.sender == Sender.CONSUMER
    state = document(stored.attributes.get("retry", {}).get("StringValue", "{}")) if own else {}
    before = stored.receives - 1 if in_place or state.get("suspect") else 0
    return int(state.get("attempt", 1)) + before
