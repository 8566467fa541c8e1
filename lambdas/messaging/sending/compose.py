"""Composing a message: validated, addressed, within every limit."""

import math
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.message import Message
from messaging.errors import MAX_RETRY_AFTER, InvalidMessage, MessageLimitExceeded
from messaging.limits import (
    MAX_APPLICATION_ATTRIBUTES,
    MAX_ATTRIBUTES,
    MAX_DELAY,
    RESERVED_ATTRIBUTES,
)
from messaging.sending.address import Address
from messaging.sending.claim_check import Claim
from messaging.sending.outgoing import OutgoingMessage, token
from messaging.settings import Settings
from messaging.wire import encoding as wire
from messaging.wire.envelope import ROOM_FOR_RETRY, Envelope
from messaging.wire.header import (
    DEAD_LETTER,
    HEADER,
    REQUESTER,
    RETRY,
    SENDER,
    TAG,
    Header,
    RetryState,
)

_CLAIMS: Final = ". A service with `claim_check=True` in the map sends larger events through S3"
# Attributes that the one who sends sets anew, or that are no longer true.
_OF_SENDER: Final = frozenset({HEADER, SENDER, REQUESTER, RETRY, DEAD_LETTER})


def compose(
    message: Message, header: Header, config: Settings, address: Address, *, delay: float = 0
) -> OutgoingMessage:
    """Return `message` ready to leave, to be received `delay` seconds later at the earliest.

    Raises InvalidMessage when it does not fit its contract or its id is too long, and
    MessageLimitExceeded when it has more attributes or bytes than its address takes.
    """
    due, body = _due(delay, address), _body(message)
    attributes = _application_attributes(message)
    attributes |= {TAG: wire.text(message.msg_tag), SENDER: wire.text(config.service)}
    if header.requestservices:
        attributes[REQUESTER] = wire.text(header.requestservices[-1])
    attributes |= due
    header = _completed(header, message, config)
    ready = _sized(body, attributes, header, address, _group(message))
    # Whole seconds, and not sooner than asked for.
    ready = replace(ready, delay=min(MAX_DELAY, math.ceil(delay)))
    if ready.bytes > address.limit and config.claims_bucket and _claimable(address, config):
        claim = Claim(config.claims_bucket, f"{message.msg_tag}/{header.id}.json", body)
        referring = replace(header, dataref=claim.uri)
        ready = replace(_sized("{}", attributes, referring, address, ready.group), claim=claim)
    if delay > MAX_DELAY and ready.bytes > address.limit - ROOM_FOR_RETRY:
        # On its way it is copied from one wait to the next.
        raise MessageLimitExceeded(
            f"{message.msg_tag} has {ready.bytes} bytes with its attributes; one that waits for "
            f"more than {MAX_DELAY} s may have {address.limit - ROOM_FOR_RETRY}"
        )
    claims = "" if config.claims_bucket or not _claimable(address, config) else _CLAIMS
    return _within(ready, message.msg_tag, hint=claims)


def forwarded(
    envelope: Envelope, message: Message, header: Header, config: Settings, address: Address
) -> OutgoingMessage:
    """Return a received message ready to leave as it is, but for who sent it and when.

    Raises MessageLimitExceeded when it has more attributes or bytes than its address takes.
    """
    received = envelope.header
    kept = {name: each for name, each in envelope.attributes.items() if name not in _OF_SENDER}
    attributes = {**kept, SENDER: wire.text(config.service)}
    if header.requestservices:
        attributes[REQUESTER] = wire.text(header.requestservices[-1])
    header = replace(
        _completed(header, message, config),
        datacontenttype=received.datacontenttype,
        dataschema=received.dataschema,
        expires=received.expires,
    )
    return _within(
        _sized(envelope.body, attributes, header, address, _group(message)), envelope.tag
    )


def _sized(
    body: str, attributes: wire.Attributes, header: Header, address: Address, group: str | None
) -> OutgoingMessage:
    attributes = {**attributes, HEADER: wire.text(_written(header))}
    return OutgoingMessage(header.id, body, attributes, wire.size(body, attributes), address, group)


def _written(header: Header) -> str:
    """Return a header as JSON; raises InvalidMessage for one that no receiver would accept."""
    text = wire.to_json(header)
    try:
        msgspec.json.decode(text, type=Header)
    except msgspec.ValidationError as error:
        raise InvalidMessage(f"{header.type} cannot have such a header: {error}") from error
    return text


def _within(message: OutgoingMessage, tag: str, *, hint: str = "") -> OutgoingMessage:
    if (count := len(message.attributes)) > MAX_ATTRIBUTES:
        # SNS would take it, and deliver it to nobody.
        raise MessageLimitExceeded(f"{tag} would have {count} attributes; {MAX_ATTRIBUTES} fit")
    if message.bytes > (limit := message.address.limit):
        raise MessageLimitExceeded(
            f"{tag} has {message.bytes} bytes with its attributes; "
            f"a {message.address.kind} takes {limit}{hint}"
        )
    return message


def _claimable(address: Address, config: Settings) -> bool:
    # Others may read what a service publishes, and nothing else of its bucket.
    return address.where == config.msg_out_arn


def _due(delay: float, address: Address) -> wire.Attributes:
    """Return what tells the receiver to wait longer than a queue itself can."""
    if not 0 <= delay <= MAX_RETRY_AFTER:
        raise ValueError(
            f"after is {delay}; it is a number of seconds from 0 to {MAX_RETRY_AFTER} (30 days)"
        )
    if delay and address.fifo:
        raise ValueError("a FIFO queue delays no single message: send it without `after`")
    if delay <= MAX_DELAY:
        return {}
    due = datetime.now(UTC) + timedelta(seconds=delay)
    return {RETRY: wire.text(wire.to_json(RetryState(attempt=1, firstreceived=due, notbefore=due)))}


def _group(message: Message) -> str | None:
    if not message.group:
        return None
    return token(str(msgspec.to_builtins(message)[message.group]))


def _completed(header: Header, message: Message, config: Settings) -> Header:
    return replace(
        header,
        source=f"/{config.stage}/{config.service}",
        type=message.msg_tag,
        time=header.time or datetime.now(UTC),
        dataschema=f"{message.msg_tag}/{message.version}",
    )


def _body(message: Message) -> str:
    body = wire.to_json(message)
    try:
        # A Struct does not check its fields when it is made; a receiver would refuse what is wrong
        # here.
        msgspec.json.decode(body, type=type(message))
    except msgspec.ValidationError as error:
        raise InvalidMessage(f"{message.msg_tag} does not fit its contract: {error}") from error
    return body


def _application_attributes(message: Message) -> wire.Attributes:
    names = message.attributes
    if len(names) > MAX_APPLICATION_ATTRIBUTES:
        raise MessageLimitExceeded(
            f"{message.msg_tag} declares {len(names)} attributes; {MAX_APPLICATION_ATTRIBUTES} fit"
        )
    if taken := RESERVED_ATTRIBUTES & set(names):
        raise MessageLimitExceeded(
            f"{message.msg_tag} declares {sorted(taken)}, which the runtime needs for itself"
        )
    if not names:
        return {}
    values: dict[str, object] = msgspec.to_builtins(message)
    return {
        name: wire.attribute(name, values[name]) for name in names if values.get(name) is not None
    }
