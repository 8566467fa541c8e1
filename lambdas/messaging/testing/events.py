"""SQS events of Lambda, a Lambda context, and settings, for tests."""

import base64
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from contracts.message import Event, Message
from messaging.policy import RetryPolicy
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.sending.outgoing import OutgoingMessage
from messaging.settings import ConsumerSettings, Settings
from messaging.testing.senders import OWN_ROLE, Sender
from messaging.wire import encoding as wire
from messaging.wire.header import Header


class FakeLambdaContext:
    """A Lambda context whose invocation ends `seconds` after it is made."""

    def __init__(self, seconds: float = 30, request_id: str = "request-1") -> None:
        """Start the time."""
        self.aws_request_id = request_id
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the end, at least 0."""
        return max(0, int((self._end - time.monotonic()) * 1000))


def consumer_settings(
    queue_url: str = "",
    dead_letter_queue_url: str = "",
    *,
    msg_out_arn: str = "",
    publishes: tuple[type[Event], ...] = (),
    **consumer: Any,
) -> Settings:
    """Return the settings of the consumer `Test.work`, whose retries have no delay by default.

    `consumer` overrides fields of ConsumerSettings.
    """
    retry = consumer.pop("retry", RetryPolicy(base=0, jitter="none"))
    return Settings(
        stage="test",
        service="Test",
        msg_out_arn=msg_out_arn,
        publishes=tuple(event.msg_tag for event in publishes),
        consumer=ConsumerSettings(
            name="work",
            queue_url=queue_url,
            dead_letter_queue_url=dead_letter_queue_url,
            retry=retry,
            **{"senders": (OWN_ROLE,), **consumer},
        ),
    )


def record(
    body: str,
    attributes: wire.Attributes | None = None,
    *,
    sqs_id: str | None = None,
    receive_count: int = 1,
    first_received_ms: int | None = None,
    receipt_handle: str = "none",
    sender: str = Sender.SNS,
    system: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return one record of an SQS event; `attributes` in the form of the SQS API, e.g.
    {"msgTag": {"DataType": "String", "StringValue": "OrderPlaced"}}, `sender` is its `SenderId`,
    `system` adds to the record's `attributes`.
    """
    return {
        "messageId": sqs_id or str(uuid.uuid4()),
        "receiptHandle": receipt_handle,
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(receive_count),
            "ApproximateFirstReceiveTimestamp": str(first_received_ms or int(time.time() * 1000)),
            "SenderId": sender,
            **(system or {}),
        },
        "messageAttributes": {name: _lowered(value) for name, value in (attributes or {}).items()},
        "eventSource": "aws:sqs",
    }


def _lowered(attribute: Mapping[str, Any]) -> dict[str, Any]:
    lowered = {"dataType": attribute["DataType"]}
    if "StringValue" in attribute:
        return {**lowered, "stringValue": attribute["StringValue"]}
    return {**lowered, "binaryValue": base64.b64encode(attribute["BinaryValue"]).decode()}


def from_sender(message: Message, header: Header | None = None) -> OutgoingMessage:
    """Return `message` as the service `Sender` sends it; raises as `Context.publish` does."""
    source = Settings(stage="test", service="Sender", msg_out_arn="")
    header = header or Header(id=str(uuid.uuid4()))
    return compose(message, header, source, Address("topic", ""))


def sent(message: Message, header: Header | None = None, **extra: Any) -> dict[str, Any]:
    """Return the record of a message that another service has sent; `extra` as for `record`."""
    out = from_sender(message, header)
    return record(out.body, out.attributes, **extra)


def event(*records: Mapping[str, Any]) -> dict[str, Any]:
    """Return an SQS event of `records`."""
    return {"Records": list(records)}


def to_records(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return messages of ReceiveMessage, called with all attributes, as records of an event."""
    return [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _lowered(value)
                for name, value in message.get("MessageAttributes", {}).items()
            },
            "eventSource": "aws:sqs",
        }
        for message in messages
    ]


def state(attribute: Mapping[str, Any]) -> Any:
    """Return the decoded JSON of an attribute, e.g. `header`, a text or bytes, in the form of the
    API or an event.
    """
    if binary := attribute.get("binaryValue"):
        return msgspec.json.decode(base64.b64decode(binary))
    text = attribute.get("StringValue") or attribute.get("stringValue")
    return msgspec.json.decode(text or attribute["BinaryValue"])
