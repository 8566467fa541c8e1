"""What a message is: a validated JSON document with a name of its own."""

from typing import ClassVar

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON document that travels between services; unknown fields are ignored on receipt.

    `msg_tag` is its name on the wire, unique and explicit so that renaming the class changes
    nothing. `version` is the version of its schema. `attributes` names the fields (as written in
    JSON) that travel as message attributes too, at most five, so that subscriptions can filter on
    them.

    `group` names the field whose value is the message group: order is kept within it on FIFO
    topics, and none of them delays the others on standard queues.
    """

    msg_tag: ClassVar[str]
    version: ClassVar[int] = 1
    attributes: ClassVar[tuple[str, ...]] = ()
    group: ClassVar[str | None] = None


class Event(Message, frozen=True, kw_only=True):
    """Something has finished: its owner publishes it on the owner's MsgOut."""


class Command(Message, frozen=True, kw_only=True):
    """Work for one place: others send it to its owner's MsgIn."""
