"""The runtime's attributes of a message, and the JSON of the attributes `header` and `retry`."""

from datetime import datetime
from typing import Annotated, Final, TypedDict

import msgspec

TAG: Final = "msgTag"
SENDER: Final = "fromService"
REQUESTER: Final = "requestService"
HEADER: Final = "header"
RETRY: Final = "retry"
DEAD_LETTER: Final = "deadLetter"


# It becomes the attribute requestService of the messages of a conversation. `$` would allow a line
# end after it, with which no filter passes a text.
ServiceName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,128}\Z")]


# With a time zone: other times cannot be compared with now.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


# gc=False: up to 10,000 records in a batch, none of them part of a cycle.
class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The JSON of the attribute `header`: everything that no filter needs. Names are those of
    CloudEvents 1.0 where it has them.

    `source`           "/stage/Service" of the sender, as the sender states it
    `correlationid`    the id of the first message of the conversation, or an id from outside
    `causationid`      the id of the message whose handler sent this one
    `requestservices`  the services that wait for a reply; the last one gets the next reply
    `requestids`       the ids of their requests, position by position
    `replyto`          in a reply: the id of its request
    `responder`        in a reply: "Service.consumer" that sent it
    `hops`             the number of messages before this one in its chain of causes
    `dataref`          the S3 address of the body, if it is not in the message (claim check)
    """

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    source: str | None = None
    type: str | None = None
    time: Instant | None = None
    datacontenttype: str = "application/json"
    dataschema: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    requestservices: tuple[ServiceName, ...] = ()
    requestids: tuple[str, ...] = ()
    replyto: str | None = None
    responder: str | None = None
    hops: Annotated[int, msgspec.Meta(ge=0)] = 0
    expires: Instant | None = None
    dataref: str | None = None


class TextAttribute(TypedDict):
    """An attribute as the APIs of SQS and SNS have it."""

    DataType: str
    StringValue: str


class BinaryAttribute(TypedDict):
    """The same for bytes; in JSON they are base64."""

    DataType: str
    BinaryValue: bytes


class Packed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Attributes of a message for which there is no room beside `retry` or `deadLetter`."""

    attributes: dict[str, TextAttribute] = {}
    binary: dict[str, BinaryAttribute] = {}


class RetryState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The JSON of the attribute `retry` of a requeued copy. Times are UTC, `delay` is in seconds.

    `attempt`     the attempt that follows, counted from 1
    `notbefore`   the message is not handled before this time
    `error`       the text of the last failure, `delay` the delay that followed it
    `suspect`     the message may have ended the process that handled it
    `looks`       how often it has met the claim of another invocation
    `attributes`  attributes of the message for which there was no room beside `retry`: texts,
                  and bytes in `binary`, which version 0.2.0 does not read
    """

    attempt: Annotated[int, msgspec.Meta(ge=1)]
    firstreceived: Instant
    notbefore: Instant | None = None
    delay: float | None = None
    error: str | None = None
    suspect: bool = False
    looks: Annotated[int, msgspec.Meta(ge=0)] = 0
    attributes: dict[str, TextAttribute] = {}
    binary: dict[str, BinaryAttribute] = {}
