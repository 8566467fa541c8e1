"""The contents of a message to send: its body, its application attributes, its header."""

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from contracts.message import Message
from messaging.errors import InvalidMessage, MessageLimitExceeded
from messaging.limits import MAX_APPLICATION_ATTRIBUTES, RESERVED_ATTRIBUTES
from messaging.settings import Settings
from messaging.wire import encoding as wire
from messaging.wire.header import Header


def body_json(message: Message) -> str:
    """Return the body as JSON; raises InvalidMessage unless it fits the message's contract."""
    body = wire.to_json(message)
    try:
        # A Struct does not check its fields when it is made, but a receiver would refuse this body.
        msgspec.json.decode(body, type=type(message))
    except msgspec.ValidationError as error:
        raise InvalidMessage(f"{message.msg_tag} does not fit its contract: {error}") from error
    return body


def header_json(header: Header) -> bytes:
    """Return a header as JSON in UTF-8; raises InvalidMessage for a header that receivers would
    refuse.
    """
    document = wire.to_json_bytes(header)
    try:
        msgspec.json.decode(document, type=Header)
    except msgspec.ValidationError as error:
        raise InvalidMessage(f"the header of {header.type} is not valid: {error}") from error
    return document


def complete_header(header: Header, message: Message, config: Settings) -> Header:
    """Return a header with source, type, time and schema of `message`."""
    return replace(
        header,
        source=f"/{config.stage}/{config.service}",
        type=message.msg_tag,
        time=header.time or datetime.now(UTC),
        dataschema=f"{message.msg_tag}/{message.version}",
    )


def application_attributes(message: Message) -> wire.Attributes:
    """Return the fields that the message's contract declares as attributes; None is left out.

    Raises MessageLimitExceeded for a contract with too many or reserved attributes, and
    InvalidMessage for a value that cannot be an attribute.
    """
    names = message.attributes
    if len(names) > MAX_APPLICATION_ATTRIBUTES:
        raise MessageLimitExceeded(
            f"{message.msg_tag} declares {len(names)} attributes; "
            f"the limit is {MAX_APPLICATION_ATTRIBUTES}"
        )
    if reserved := RESERVED_ATTRIBUTES & set(names):
        raise MessageLimitExceeded(
            f"{message.msg_tag} declares the attributes {sorted(reserved)}, which are reserved: "
            "rename the fields"
        )
    if not names:
        return {}
    values: dict[str, object] = msgspec.to_builtins(message)
    return {
        name: wire.attribute(name, values[name]) for name in names if values.get(name) is not None
    }
