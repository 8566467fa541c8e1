"""The context of a message: what its handler may read and send."""

import time
from datetime import datetime
from typing import TYPE_CHECKING

from contracts.message import Command, Event, Message
from messaging.conversation.messaging_context import MessagingContext
from messaging.conversation.return_addresses import ConversationState, is_from, is_reply_to
from messaging.errors import NotDeclared
from messaging.sending import address
from messaging.settings import Settings
from messaging.wire.envelope import Envelope

if TYPE_CHECKING:
    from messaging.sending.outgoing import OutgoingMessage
    from messaging.sending.pending_requests import ReplyCount


class Context(MessagingContext):
    """The context of the message that a handler handles.

    Messages are sent after the handler has succeeded: a handler that fails sends nothing. Only an
    `invoke` that waits for its result is done at once.

    Ids are derived from the handled message, the message that is sent, its address, and how many
    equal messages this run has sent before. A handler that runs again sends an equal message with
    the same id, and a different one with another, even if it sends fewer messages than before.
    """

    __slots__ = (
        "_end",
        "_envelope",
        "_known_state",
        "_message",
        "_replies",
        "_sent",
        "_settings",
        "_to_dispatch",
    )

    def __init__(
        self,
        envelope: Envelope,
        message: Message,
        settings: Settings,
        to_dispatch: "list[OutgoingMessage]",
        end: float,
        replies: "ReplyCount | None" = None,
    ) -> None:
        """Append what the handler sends to `to_dispatch`; its time limit ends at `end`, in seconds
        of the monotonic clock.
        """
        self._envelope, self._message, self._settings = envelope, message, settings
        self._to_dispatch, self._end, self._replies = to_dispatch, end, replies
        # How often this run has sent each message.
        self._sent: dict[tuple[str, ...], int] = {}
        self._known_state: ConversationState | None = None

    @property
    def message_id(self) -> str:
        """The id of the message; all its copies have it."""
        return self._envelope.header.id

    @property
    def attempt(self) -> int:
        """The number of this attempt, counted from 1."""
        return self._envelope.attempt

    @property
    def from_service(self) -> str | None:
        """The service that the message names as its sender, None if it names none.

        On a MsgOut only its owner publishes; on a MsgIn this is a claim: authorize nothing by it.
        """
        return self._envelope.sender

    @property
    def in_reply_to(self) -> str | None:
        """The id of the request, if the message is a reply."""
        return self._envelope.header.replyto

    @property
    def responder(self) -> str | None:
        """The consumer that replied, "Service.consumer", if the message is a reply."""
        return self._envelope.header.responder

    @property
    def replies(self) -> "ReplyCount | None":
        """The replies to the request so far, if the message is a reply to a request with a time
        limit.
        """
        return self._replies

    @property
    def time(self) -> datetime | None:
        """When the message was sent, None if the message does not state it."""
        return self._envelope.header.time

    @property
    def body(self) -> str:
        """The JSON document as received, with fields that its contract does not declare."""
        return self._envelope.body

    def remaining(self) -> float:
        """Return the seconds until the handler's time limit."""
        return self._end - time.monotonic()

    def forward(self, *, to: str) -> str:
        """Forward the command to another service, unchanged; return the id of the new message.

        The service that waits for a reply now gets it from `to`. Raises NotDeclared as `send` does,
        and for a message that is an event.
        """
        if not isinstance(self._message, Command):
            raise NotDeclared(f"{self._envelope.tag} is an event; only commands can be forwarded")
        where = address.msg_in(self._message, to, self._config)
        envelope = self._envelope
        header = self._state.header(self._new_id("", envelope.tag, where.where, envelope.body))
        # Imported here: few handlers forward a message.
        from messaging.sending.compose import forwarded

        self._send(forwarded(envelope, self._message, header, self._config, where))
        return header.id

    def _reply_or_publish(self, event: Event) -> str:
        """Send an event that a handler has returned: as a reply if a service waits for a reply of
        this one, else published.
        """
        replies = self.request_service is not None and self._is_addressed()
        return self.reply(event) if replies else self.publish(event)

    def _is_addressed(self) -> bool:
        """Whether the message is addressed to this service: a command, an event of its own, a reply
        to it, or a published request. To any other event the service only listens, and an event
        returned for it is no reply.
        """
        header, service = self._envelope.header, self._config.service
        published_request = header.requestids[-1:] == (header.id,)
        own = is_from(header, service) or is_reply_to(header, service)
        return published_request or own or not isinstance(self._message, Event)

    @property
    def _config(self) -> Settings:
        return self._settings

    @property
    def _state(self) -> ConversationState:
        # Made at its first use: most handlers send nothing.
        if self._known_state is None:
            event = isinstance(self._message, Event)
            self._known_state = ConversationState.after(
                self._envelope, self._settings.service, event=event
            )
        return self._known_state

    def _new_id(self, kind: str, tag: str, where: str, body: str) -> str:
        from messaging.sending.outgoing import derived_id

        what = (kind, tag, where, body)
        equal = self._sent.get(what, 0)
        self._sent[what] = equal + 1
        header, consumer = self._envelope.header, self._settings.consumer
        handled = (self._envelope.tag, header.source, header.id)
        handler = (self._settings.service, consumer.name if consumer else None)
        return derived_id("sent", *handled, *handler, *what, equal)

    def _send(self, message: "OutgoingMessage") -> None:
        self._to_dispatch.append(message)

    def _seconds_left(self) -> float:
        return self.remaining()
