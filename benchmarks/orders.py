"""The load: orders, the same in every run."""

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

Attributes = dict[str, dict[str, Any]]

_SENT = "2026-11-22T10:00:00Z"
_MILLIS = "1795341600000"


def body(number: int) -> str:
    """Return the body of an order with three items, some 300 bytes."""
    items = [{"sku": f"sku-{number}-{line}", "quantity": line, "price": 9.99} for line in (1, 2, 3)]
    order = {
        "id": f"order-{number:06d}",
        "customer": f"customer-{number % 97}",
        "placed": _SENT,
        "total": 59.94,
        "items": items,
    }
    return json.dumps(order)


def attributes(number: int, batch: str) -> Attributes:
    """Return the message attributes of a Waystation service; Powertools ignores them."""
    header = {
        "id": _id(f"message/{batch}/{number}"),
        "source": "/bench/Shop",
        "type": "OrderPlaced",
        "time": _SENT,
        "dataschema": "OrderPlaced/1",
        "correlationid": _id(f"conversation/{batch}/{number}"),
    }
    return {
        "msgTag": {"DataType": "String", "StringValue": "OrderPlaced"},
        "fromService": {"DataType": "String", "StringValue": "Shop"},
        "header": {"DataType": "Binary", "BinaryValue": json.dumps(header).encode()},
    }


def entries(numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Return the entries of SendMessageBatch for some orders."""
    return [
        {
            "Id": str(number),
            "MessageBody": body(number),
            "MessageAttributes": attributes(number, "queue"),
        }
        for number in numbers
    ]


def event(count: int, batch: str = "") -> dict[str, Any]:
    """Return an event with `count` orders; each `batch` has message ids of its own."""
    return {"Records": [_record(number, batch) for number in range(count)]}


def _record(number: int, batch: str) -> dict[str, Any]:
    sent = attributes(number, batch).items()
    return {
        "messageId": _id(f"sqs/{batch}/{number}"),
        "receiptHandle": "handle",
        "body": body(number),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": _MILLIS,
            "SenderId": "000000000000",
            "ApproximateFirstReceiveTimestamp": _MILLIS,
        },
        "messageAttributes": {name: _lowered(value) for name, value in sent},
        "md5OfBody": "0" * 32,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:orders",
        "awsRegion": "us-east-1",
    }


def _lowered(attribute: Mapping[str, Any]) -> dict[str, str]:
    if "StringValue" in attribute:
        return {"dataType": attribute["DataType"], "stringValue": attribute["StringValue"]}
    content = base64.b64encode(attribute["BinaryValue"]).decode()
    return {"dataType": attribute["DataType"], "binaryValue": content}


def _id(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))
