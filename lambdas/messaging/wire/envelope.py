"""The envelope of a message: what it is, who sent it, and what happened to it so far."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

import msgspec

from messaging.errors import InvalidMessage
from messaging.limits import MAX_ATTRIBUTES, MAX_QUEUE_BYTES
from messaging.wire import encoding as wire
from messaging.wire.header import HEADER, REQUESTER, RETRY, SENDER, TAG, Header, RetryState

# Bytes that the attributes `header` and `retry` may add to a copy: ids, times, 300 characters of an
# error.
ROOM_FOR_RETRY: Final = 8_192
# Characters; four bytes each at the most.
_SURELY_SMALL: Final = MAX_QUEUE_BYTES // 5

Record = Mapping[str, Any]
T = TypeVar("T")


class _Notification(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A message as SNS delivers it without raw delivery."""

    type: Literal["Notification"]
    message: str
    message_attributes: dict[str, dict[str, str]] | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A received message. `attributes` are the sender's; `attempt` counts from 1.

    One that is retried `in_place` stays in its queue, invisible, instead of being copied: its copy
    would not fit.
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

    @property
    def correlation_id(self) -> str:
        """The id that every message of one conversation shares."""
        return self.header.correlationid or self.header.id

    @property
    def sender(self) -> str | None:
        """The service that sent it, where it says so."""
        value = self.attributes.get(SENDER)
        return value.get("StringValue") if value else None


_header = msgspec.json.Decoder(Header)
_retry = msgspec.json.Decoder(RetryState)
_notifications = msgspec.json.Decoder(_Notification)


def open_record(record: Record, *, in_place: bool = False) -> Envelope:
    """Return the envelope of an SQS record; raises InvalidMessage when it has none that makes
    sense.
    """
    body, attributes = _content(record)
    retry = _state(attributes.pop(RETRY, None), RETRY, _retry)
    if retry:
        attributes |= {name: dict(value) for name, value in retry.attributes.items()}
    header = _state(attributes.get(HEADER), HEADER, _header) or Header(id=str(record["messageId"]))
    in_place = in_place or not _can_be_copied(body, attributes)
    received = receive_count(record)
    attempt = retry.attempt if retry else 1
    return Envelope(
        body=body,
        attributes=attributes,
        tag=_tag(attributes),
        header=header,
        # Nothing can be written on a message that stays where it is, or on one that ends its
        # process: SQS's own count is the only memory.
        attempt=attempt + received - 1 if in_place or (retry and retry.suspect) else attempt,
        received=received,
        in_place=in_place,
        first_received=retry.firstreceived if retry else first_received(record),
        retry=retry,
    )


def _can_be_copied(body: str, attributes: wire.Attributes) -> bool:
    values = (each.get("BinaryValue") or each["StringValue"] for each in attributes.values())
    length = len(body) + sum(map(len, values))
    if length < _SURELY_SMALL and len(attributes) <= MAX_ATTRIBUTES - 2:
        return True
    outside, _ = pack(attributes, reserved=2)
    size = wire.size(body, attributes) + ROOM_FOR_RETRY
    return len(outside) + 2 <= MAX_ATTRIBUTES and size <= MAX_QUEUE_BYTES


def _content(record: Record) -> tuple[str, wire.Attributes]:
    body = str(record["body"])
    attributes = wire.from_event(record.get("messageAttributes") or {})
    # Without raw delivery SNS wraps the message; a message of ours always has a msgTag attribute of
    # its own.
    if TAG not in attributes and (notification := _notification(body)):
        return notification.message, wire.from_notification(notification.message_attributes or {})
    return body, attributes


def _notification(body: str) -> _Notification | None:
    if '"TopicArn"' not in body:
        return None
    try:
        return wire.from_json(body, _notifications)
    except InvalidMessage:
        return None


def _tag(attributes: wire.Attributes) -> str:
    tag = attributes.get(TAG, {}).get("StringValue")
    if not tag:
        raise InvalidMessage("the message has no attribute msgTag, so nobody knows what it is")
    return str(tag)


def _state(
    attribute: Mapping[str, Any] | None, name: str, decoder: msgspec.json.Decoder[T]
) -> T | None:
    if attribute is None:
        return None
    try:
        return wire.from_json(str(attribute.get("StringValue", "")), decoder)
    except InvalidMessage as error:
        raise InvalidMessage(f"the attribute {name} is not what it should be: {error}") from error


def receive_count(record: Record) -> int:
    """Return how often SQS has handed this very message out."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def first_received(record: Record) -> datetime:
    """Return when SQS first handed this very message out."""
    millis = record.get("attributes", {}).get("ApproximateFirstReceiveTimestamp")
    return datetime.fromtimestamp(int(millis) / 1000, UTC) if millis else datetime.now(UTC)


def pack(
    attributes: wire.Attributes, reserved: int
) -> tuple[wire.Attributes, dict[str, dict[str, str]]]:
    """Split attributes into those that fit beside `reserved` others and the rest, which travels
    inside one of them.

    The runtime's own stay outside. Binary ones are never packed: JSON cannot hold them as they are.
    """
    over = len(attributes) + reserved - MAX_ATTRIBUTES
    if over <= 0:
        return attributes, {}
    candidates = [
        n
        for n, v in attributes.items()
        if n not in (TAG, SENDER, REQUESTER, HEADER) and "StringValue" in v
    ]
    inside = set(candidates[-over:])
    return (
        {name: value for name, value in attributes.items() if name not in inside},
        {name: attributes[name] for name in attributes if name in inside},
    )
