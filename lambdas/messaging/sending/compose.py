"""Composing a message: its contents are validated, addressed, and checked against the limits."""

import math
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.message import Message
from messaging.errors import MAX_RETRY_DELAY, InvalidMessage, MessageLimitExceeded
from messaging.limits import MAX_ATTRIBUTES, MAX_DELAY
from messaging.sending.address import Address
from messaging.sending.claim_check import claim
from messaging.sending.contents import (
    application_attributes,
    body_json,
    complete_header,
    header_json,
)
from messaging.sending.outgoing import OutgoingMessage, token
from messaging.settings import Settings
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope
from messaging.wire.header import (
    HEADER,
    REQUESTER,
    RETRY,
    SENDER,
    TAG,
    Header,
    RetryState,
)
from messaging.wire.packing import ROOM_FOR_RETRY

_CLAIMS: Final = ". Set `claim_check=True` of the service to send larger events through S3"
# Attributes of a received message that a forwarded one does not keep.
_NOT_FORWARDED: Final = frozenset({HEADER, SENDER, REQUESTER})


def compose(
    message: Message,
    header: Header,
    config: Settings,
    address: Address,
    *,
    body: str | None = None,
    delay: float = 0,
) -> OutgoingMessage:
    """Return `message` ready to send, to be received after `delay` seconds (0 to 30 days). `body`
    is its `body_json`, if that is known already.

    Raises InvalidMessage if it does not fit its contract, its header is not valid, it has no group
    for a FIFO address or an attribute that no topic takes (`wire.is_filterable`),
    MessageLimitExceeded if it has too many attributes or bytes for its address, and ValueError for
    a delay out of range or on a FIFO queue.
    """
    due, body = _due(delay, address), body_json(message) if body is None else body
    attributes = {
        **application_attributes(message),
        TAG: wire.text(message.msg_tag),
        **_parties(header, config),
        **due,
    }
    header, group = complete_header(header, message, config), _group(message)
    ready = _measured(body, attributes, header, address, group)
    if ready.bytes > address.limit and config.claims_bucket and _claimable(address, config):
        stored = claim(config.claims_bucket, message.msg_tag, header.id, body)
        referring = replace(header, dataref=stored.uri)
        ready = replace(_measured("{}", attributes, referring, address, group), claim=stored)
    # SQS counts whole seconds; rounded up, so that the message is not received early.
    ready = replace(ready, delay=min(MAX_DELAY, math.ceil(delay)))
    if delay > MAX_DELAY:
        _check_room_for_copies(ready, message.msg_tag)
    hint = _CLAIMS if _claimable(address, config) and not config.claims_bucket else ""
    return _checked(ready, message.msg_tag, hint=hint)


def forwarded(
    envelope: Envelope, message: Message, header: Header, config: Settings, address: Address
) -> OutgoingMessage:
    """Return a received message ready to send: its body, application attributes, schema and expiry
    are not changed; sender, time and id are new.

    Raises MessageLimitExceeded if it has too many attributes or bytes for its address, and
    InvalidMessage as `compose` does.
    """
    received = envelope.header
    own = {name: value for name, value in envelope.attributes.items() if name not in _NOT_FORWARDED}
    attributes = {**own, **_parties(header, config)}
    header = replace(
        complete_header(header, message, config),
        datacontenttype=received.datacontenttype,
        dataschema=received.dataschema,
        expires=received.expires,
    )
    ready = _measured(envelope.body, attributes, header, address, _group(message))
    return _checked(ready, envelope.tag)


def _parties(header: Header, config: Settings) -> wire.Attributes:
    """Return the attributes that name the sender and the service that waits for a reply."""
    attributes = {SENDER: wire.text(config.service)}
    if header.requestservices:
        attributes[REQUESTER] = wire.text(header.requestservices[-1])
    return attributes


def _measured(
    body: str, attributes: wire.Attributes, header: Header, address: Address, group: str | None
) -> OutgoingMessage:
    attributes = {**attributes, HEADER: wire.binary(header_json(header))}
    return OutgoingMessage(
        id=header.id,
        source=header.source,
        body=body,
        attributes=attributes,
        bytes=wire.size(body, attributes),
        address=address,
        group=group,
    )


def _checked(message: OutgoingMessage, tag: str, *, hint: str = "") -> OutgoingMessage:
    """Return `message`; raises MessageLimitExceeded if it exceeds a limit of its address, and
    InvalidMessage if it has no group for a FIFO address or, for a topic, a text that SNS filters
    cannot read.
    """
    if message.address.kind == "topic":
        _check_texts(message.attributes, tag)
    if (count := len(message.attributes)) > MAX_ATTRIBUTES:
        # SNS would accept it and deliver it to no queue.
        raise MessageLimitExceeded(
            f"{tag} would have {count} attributes; the limit is {MAX_ATTRIBUTES}"
        )
    if message.bytes > (limit := message.address.limit):
        raise MessageLimitExceeded(
            f"{tag} has {message.bytes} bytes with its attributes; "
            f"the limit of a {message.address.kind} is {limit}{hint}"
        )
    if message.address.fifo and not message.group:
        # AWS would refuse the whole batch.
        raise InvalidMessage(
            f"{tag} has no message group, which a FIFO {message.address.kind} requires: "
            "name a field with `group`, and give it a value"
        )
    return message


def _check_texts(attributes: wire.Attributes, tag: str) -> None:
    for name, value in attributes.items():
        if value["DataType"] == "String" and not wire.is_filterable(value["StringValue"]):
            # SNS would accept it and deliver it to no subscription with a filter.
            raise InvalidMessage(
                f"the attribute {name!r} of {tag} has a quotation mark, a backslash or a control "
                "character: SNS would deliver the message to no subscription with a filter. "
                "Leave the field out of `attributes`, or these characters out of its value"
            )


def _check_room_for_copies(message: OutgoingMessage, tag: str) -> None:
    # A message with a long delay is copied once for each 15 minutes of it.
    if message.bytes > (limit := message.address.limit - ROOM_FOR_RETRY):
        raise MessageLimitExceeded(
            f"{tag} has {message.bytes} bytes with its attributes; "
            f"with a delay over {MAX_DELAY} s the limit is {limit}"
        )


def _claimable(address: Address, config: Settings) -> bool:
    # Other services may read what a service publishes, and nothing else in its bucket.
    return address.where == config.msg_out_arn


def _due(delay: float, address: Address) -> wire.Attributes:
    """Return the attribute that states when a message with a delay over 15 minutes is due."""
    if not 0 <= delay <= MAX_RETRY_DELAY:
        raise ValueError(
            f"delay is {delay}; it must be a number of seconds from 0 to {MAX_RETRY_DELAY} "
            "(30 days)"
        )
    if delay and address.fifo:
        raise ValueError("a FIFO queue cannot delay a single message: leave out `delay`")
    if delay <= MAX_DELAY:
        return {}
    due = datetime.now(UTC) + timedelta(seconds=delay)
    return {RETRY: wire.text(wire.to_json(RetryState(attempt=1, firstreceived=due, notbefore=due)))}


def _group(message: Message) -> str | None:
    if not message.group:
        return None
    return token(str(msgspec.to_builtins(message)[message.group]))
