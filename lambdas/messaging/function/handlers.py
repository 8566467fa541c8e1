"""Which message goes to which function."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from contracts.message import Event, Message
from messaging.conversation.context import Context

Handle = Callable[[Any, Context], Event | None]
Key = Callable[[Any], str]


class HandlerRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A message class and its function; `late` is the one for answers that come too late. `key`
    makes its idempotency key, by default its id.
    """

    message: type[Message]
    handle: Handle
    decoder: msgspec.json.Decoder[Message]
    late: Handle | None = None
    key: Key | None = None
    idempotent: bool = True


# By msgTag.
Handlers = Mapping[str, HandlerRegistration]
