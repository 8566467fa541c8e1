"""Decoding: a record from SQS becomes an envelope."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from messaging.errors import InvalidMessage
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope
from messaging.wire.header import DEAD_LETTER, HEADER, RETRY, TAG, Header
from messaging.wire.packing import copy_fits
from messaging.wire.trust import trust_in

# One record of an SQS event of Lambda.
Record = Mapping[str, Any]


class _Notification(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An SNS notification: a message that SNS delivers without raw delivery."""

    type: Literal["Notification"]
    message: str
    message_attributes: dict[str, dict[str, str]] | None = None


_header = msgspec.json.Decoder(Header)


_notifications = msgspec.json.Decoder(_Notification)


def open_record(
    record: Record, *, in_place: bool = False, senders: Collection[str] = ()
) -> Envelope:
    """Return the message in an SQS record; `senders` are the role ids whose runtime state is
    honoured.

    Raises InvalidMessage for a record without a msgTag, with an invalid `header`, with a binary
    value or a count that cannot be read, or with an invalid `retry` of one of the senders.
    """
    body, attributes = _content(record)
    received, first = receive_count(record), first_received(record)
    retry, forged = None, False
    if RETRY in attributes or DEAD_LETTER in attributes:
        # Imported here: most messages carry no runtime state.
        from messaging.wire.runtime_state import take_state

        retry, forged = take_state(attributes, trust_in(record, senders), first)
    header = _header_of(attributes) or Header(id=str(record["messageId"]))
    in_place = in_place or not copy_fits(body, attributes)
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
        first_received=retry.firstreceived if retry else first,
        retry=retry,
        forged=forged,
    )


def as_received(record: Record, senders: Collection[str]) -> tuple[str, wire.Attributes]:
    """Return the body and the attributes of a record that may be invalid, without its runtime
    state, and without attributes that cannot be read.
    """
    attributes = readable_attributes(record)
    if RETRY in attributes or DEAD_LETTER in attributes:
        from messaging.wire.runtime_state import take_state

        trust = trust_in(record, senders)
        # State that cannot be read is left out, the service's own too.
        take_state(attributes, "known" if trust == "own" else trust, datetime.now(UTC))
    return str(record["body"]), attributes


def readable_attributes(record: Record) -> wire.Attributes:
    """Return the attributes of a record, without those that cannot be read."""
    attributes: wire.Attributes = {}
    given = record.get("messageAttributes")
    for name, value in given.items() if isinstance(given, Mapping) else ():
        with suppress(InvalidMessage, AttributeError):
            attributes |= wire.from_event({name: value})
    return attributes


def _content(record: Record) -> tuple[str, wire.Attributes]:
    body = str(record["body"])
    attributes = wire.from_event(record.get("messageAttributes") or {})
    # Without raw delivery SNS wraps the message. A message from this runtime always has the
    # attribute msgTag.
    if TAG not in attributes and (notification := _notification(body)):
        if not wire.is_accepted(notification.message):
            raise InvalidMessage("SQS does not accept the body of the notification")
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


def _header_of(attributes: wire.Attributes) -> Header | None:
    if (attribute := attributes.get(HEADER)) is None:
        return None
    try:
        # Binary from this version on; a text from version 0.2.0 and from some outside publishers.
        return wire.from_json(attribute.get("BinaryValue") or wire.text_of(attribute), _header)
    except InvalidMessage as error:
        raise InvalidMessage(f"the attribute {HEADER} is not valid: {error}") from error


def receive_count(record: Record) -> int:
    """Return how often SQS has delivered this copy of the message; raises InvalidMessage for
    something that is no number.
    """
    return _number(record, "ApproximateReceiveCount") or 1


def first_received(record: Record) -> datetime:
    """Return when SQS first delivered this copy of the message; raises InvalidMessage for something
    that is no time.
    """
    millis = _number(record, "ApproximateFirstReceiveTimestamp")
    return datetime.fromtimestamp(millis / 1000, UTC) if millis else datetime.now(UTC)


def _number(record: Record, name: str) -> int | None:
    value = record.get("attributes", {}).get(name)
    try:
        return int(value) if value is not None else None
    except ValueError as error:
        raise InvalidMessage(f"{name} is not a number: {str(value)[:100]!r}") from error
