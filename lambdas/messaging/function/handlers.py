"""The handlers of a function, by message."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from contracts.message import Event, Message
from messaging.conversation.context import Context

Handle = Callable[[Any, Context], Event | None]
Key = Callable[[Any], str]


class HandlerRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """A message class and its handler.

    `late`        the handler of replies after the time limit of their request
    `key`         returns the idempotency key of a message, by default its id
    `idempotent`  whether copies of a message are skipped, if the consumer is idempotent
    """

    message: type[Message]
    handle: Handle
    decoder: msgspec.json.Decoder[Message]
    late: Handle | None = None
    key: Key | None = None
    idempotent: bool = True


# By msgTag.
Handlers = Mapping[str, HandlerRegistration]
