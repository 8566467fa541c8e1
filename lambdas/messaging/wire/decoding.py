"""Decoding: a record from SQS becomes an envelope."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import msgspec

from messaging.errors import InvalidMessage
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope
from messaging.wire.header import HEADER, RETRY, TAG, Header, RetryState
from messaging.wire.packing import copy_fits

# One record of an SQS event of Lambda.
Record = Mapping[str, Any]


T = TypeVar("T")


class _Notification(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An SNS notification: a message that SNS delivers without raw delivery."""

    type: Literal["Notification"]
    message: str
    message_attributes: dict[str, dict[str, str]] | None = None


_header = msgspec.json.Decoder(Header)


_retry = msgspec.json.Decoder(RetryState)


_notifications = msgspec.json.Decoder(_Notification)


def open_record(record: Record, *, in_place: bool = False) -> Envelope:
    """Return the message in an SQS record; raises InvalidMessage for a record without a msgTag or
    with an invalid `header` or `retry`.
    """
    body, attributes = _content(record)
    retry = _state(attributes.pop(RETRY, None), RETRY, _retry)
    if retry:
        attributes |= {name: dict(value) for name, value in retry.attributes.items()}
    header = _state(attributes.get(HEADER), HEADER, _header) or Header(id=str(record["messageId"]))
    in_place = in_place or not copy_fits(body, attributes)
    received = receive_count(record)
    attempt = retry.attempt if retry else 1
    return Envelope(
        body=body,
        attributes=attributes,
        tag=_tag(attributes),
        header=header,
        # A message that is retried in place carries no attempt number, and no attempt is written on
        # a suspect when its process ends: SQS's receive count is the only record of these.
        attempt=attempt + received - 1 if in_place or (retry and retry.suspect) else attempt,
        received=received,
        in_place=in_place,
        first_received=retry.firstreceived if retry else first_received(record),
        retry=retry,
    )


def _content(record: Record) -> tuple[str, wire.Attributes]:
    body = str(record["body"])
    attributes = wire.from_event(record.get("messageAttributes") or {})
    # Without raw delivery SNS wraps the message. A message from this runtime always has the
    # attribute msgTag.
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
        raise InvalidMessage("the message has no attribute msgTag, so its kind is unknown")
    return str(tag)


def _state(
    attribute: Mapping[str, Any] | None, name: str, decoder: msgspec.json.Decoder[T]
) -> T | None:
    if attribute is None:
        return None
    try:
        return wire.from_json(str(attribute.get("StringValue", "")), decoder)
    except InvalidMessage as error:
        raise InvalidMessage(f"the attribute {name} is not valid: {error}") from error


def receive_count(record: Record) -> int:
    """Return how often SQS has delivered this copy of the message."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def first_received(record: Record) -> datetime:
    """Return when SQS first delivered this copy of the message."""
    millis = record.get("attributes", {}).get("ApproximateFirstReceiveTimestamp")
    return datetime.fromtimestamp(int(millis) / 1000, UTC) if millis else datetime.now(UTC)
