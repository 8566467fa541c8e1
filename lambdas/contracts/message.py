"""The base classes of messages: JSON documents with a contract and a name on the wire."""

from typing import ClassVar

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON document that travels between services; receivers ignore unknown fields.

    `msg_tag`     its unique name on the wire; renaming the class does not change it
    `version`     the version of its schema
    `attributes`  up to five fields, by their names in JSON, that travel as message attributes too,
                  so that subscriptions can filter on them
    `group`       the field whose value is the message group: on FIFO topics order is kept within a
                  group; on standard queues no group delays the others (fair queues)
    """

    msg_tag: ClassVar[str]
    version: ClassVar[int] = 1
    attributes: ClassVar[tuple[str, ...]] = ()
    group: ClassVar[str | None] = None


class Event(Message, frozen=True, kw_only=True):
    """Something that has happened: its owner publishes it on the owner's MsgOut."""


class Command(Message, frozen=True, kw_only=True):
    """Work for one service: other services send it to its owner's MsgIn."""
