"""The runtime's own attributes of a message, and what the JSON of `header` and `retry` holds."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

TAG: Final = "msgTag"
SENDER: Final = "fromService"
REQUESTER: Final = "requestService"
HEADER: Final = "header"
RETRY: Final = "retry"
DEAD_LETTER: Final = "deadLetter"


# It becomes an attribute of whatever is sent in the conversation.
ServiceName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]


# A time without a zone cannot be compared with now.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


# gc=False: a thousand records a batch, none of them part of a cycle, are spared the collector.
class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Everything about a message that nobody filters on; names as in CloudEvents 1.0 where they
    exist there.
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


class RetryState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a requeued copy knows of its past. `attributes` holds those without room beside it."""

    attempt: Annotated[int, msgspec.Meta(ge=1)]
    firstreceived: Instant
    notbefore: Instant | None = None
    delay: float | None = None
    error: str | None = None
    suspect: bool = False
    attributes: dict[str, dict[str, str]] = {}

    def __post_init__(self) -> None:
        """Refuse attributes that could not travel on."""
        if any(set(value) != {"DataType", "StringValue"} for value in self.attributes.values()):
            raise ValueError("`attributes` are not message attributes")
