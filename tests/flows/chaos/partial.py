"""One entry of a batch call that fails while the others succeed, as each API says it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

Document = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """A batch call without one of its entries, and its answer with that entry as failed."""

    operation: str
    request: bytes
    answer: Callable[[bytes], bytes]


def refusal(headers: Mapping[str, str], body: bytes) -> Refusal | None:
    """Refuse the last entry of a batch call; None where there is no batch to split."""
    target = headers.get("X-Amz-Target", "")
    if target in ("AmazonSQS.SendMessageBatch", "AmazonSQS.ChangeMessageVisibilityBatch"):
        return _sqs(target.partition(".")[2], json.loads(body))
    if target == "DynamoDB_20120810.BatchWriteItem":
        return _dynamodb(json.loads(body))
    if b"Action=PublishBatch" in body:
        return _sns(dict(parse_qsl(body.decode(), keep_blank_values=True)))
    return None


def _sqs(operation: str, request: Document) -> Refusal | None:
    *others, refused = request["Entries"]
    if not others:
        return None
    failed = {"Id": refused["Id"], "Code": "InternalError", "SenderFault": False}

    def answer(text: bytes) -> bytes:
        document = json.loads(text)
        document["Failed"] = [*document.get("Failed", ()), failed]
        return json.dumps(document).encode()

    return Refusal(operation, json.dumps(request | {"Entries": others}).encode(), answer)


def _dynamodb(request: Document) -> Refusal | None:
    ((table, (*others, refused)),) = request["RequestItems"].items()
    if not others:
        return None

    def answer(text: bytes) -> bytes:
        return json.dumps(json.loads(text) | {"UnprocessedItems": {table: [refused]}}).encode()

    return Refusal(
        "BatchWriteItem", json.dumps(request | {"RequestItems": {table: others}}).encode(), answer
    )


def _sns(request: dict[str, str]) -> Refusal | None:
    ids = [name for name in request if name.endswith(".Id")]
    if len(ids) < 2:
        return None
    entry = ids[-1].removesuffix("Id")
    failed = (
        f"<member><Id>{request[ids[-1]]}</Id><Code>InternalError</Code>"
        "<SenderFault>false</SenderFault></member>"
    )
    others = {name: value for name, value in request.items() if not name.startswith(entry)}

    def answer(text: bytes) -> bytes:
        return text.replace(b"</Failed>", f"{failed}</Failed>".encode())

    return Refusal("PublishBatch", urlencode(others).encode(), answer)
