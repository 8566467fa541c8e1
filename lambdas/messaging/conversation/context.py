"""What a handler is told about the message it handles, and what it may do with it."""

import time
from datetime import datetime

from contracts.message import Command, Event, Message
from messaging.conversation.flow import ConversationState, is_back, is_from
from messaging.conversation.verbs import MessagingContext
from messaging.errors import NotDeclared
from messaging.sending import address
from messaging.sending.compose import forwarded
from messaging.sending.outgoing import OutgoingMessage, derived_id
from messaging.sending.pending_requests import ReplyCount
from messaging.settings import Settings
from messaging.wire.envelope import Envelope


class Context(MessagingContext):
    """One message in its handler's hands.

    What the handler says leaves once it has succeeded: a handler that fails sends nothing. The ids
    are derived from the message's own, so that a handler that runs again says the same.
    """

    __slots__ = (
        "_count",
        "_end",
        "_envelope",
        "_known_flow",
        "_message",
        "_replies",
        "_settings",
        "_to_dispatch",
    )

    def __init__(
        self,
        envelope: Envelope,
        message: Message,
        settings: Settings,
        to_dispatch: list[OutgoingMessage],
        end: float,
        replies: ReplyCount | None = None,
    ) -> None:
        """Speak of `message` and collect in `held_back`; the handler's time is over at `end`
        (monotonic).
        """
        self._envelope, self._message, self._settings = envelope, message, settings
        self._to_dispatch, self._end, self._replies = to_dispatch, end, replies
        self._count = 0
        self._known_flow: ConversationState | None = None

    @property
    def message_id(self) -> str:
        """The id that the message keeps for life."""
        return self._envelope.header.id

    @property
    def attempt(self) -> int:
        """Which attempt this is, counted from 1."""
        return self._envelope.attempt

    @property
    def from_service(self) -> str | None:
        """The service that sent it, where it says so."""
        return self._envelope.sender

    @property
    def in_reply_to(self) -> str | None:
        """The id of the request that it answers, if it is an answer."""
        return self._envelope.header.replyto

    @property
    def responder(self) -> str | None:
        """Who has answered, "Service.consumer", if it is an answer."""
        return self._envelope.header.responder

    @property
    def replies(self) -> ReplyCount | None:
        """How many answers the request has had with this one, if it had a time limit."""
        return self._replies

    @property
    def time(self) -> datetime | None:
        """When it was sent."""
        return self._envelope.header.time

    @property
    def body(self) -> str:
        """The document as it came, with whatever its contract does not know."""
        return self._envelope.body

    def remaining(self) -> float:
        """Return the seconds left to the handler."""
        return self._end - time.monotonic()

    def forward(self, *, to: str) -> str:
        """Pass the command in hand on to another service, unchanged; return its new message id.

        Who waits for an answer waits for that service's now. Raises NotDeclared as `send` does.
        """
        if not isinstance(self._message, Command):
            raise NotDeclared(f"{self._envelope.tag} is an event; only commands can be forwarded")
        where = address.msg_in(self._message, to, self._config)
        header = self._flow.header(self._next_id())
        self._leave(forwarded(self._envelope, self._message, header, self._config, where))
        return header.id

    def _answer(self, event: Event) -> str:
        """Reply to who asked, publish if nobody did: what becomes of an event that a handler
        returns.
        """
        asked = self.request_service is not None and self._concerns_this_service()
        return self.reply(event) if asked else self.publish(event)

    def _concerns_this_service(self) -> bool:
        """Whether it is this service's to answer: its work, its own event, an answer to it, or a
        question to all. Who overhears another's event on its way has not been asked.
        """
        header, service = self._envelope.header, self._config.service
        question = header.requestids[-1:] == (header.id,)
        own = is_from(header, service) or is_back(header, service)
        return question or own or not isinstance(self._message, Event)

    @property
    def _config(self) -> Settings:
        return self._settings

    @property
    def _flow(self) -> ConversationState:
        # When it is asked for first: most handlers say nothing.
        if self._known_flow is None:
            event = isinstance(self._message, Event)
            self._known_flow = ConversationState.after(
                self._envelope, self._settings.service, event=event
            )
        return self._known_flow

    def _next_id(self) -> str:
        consumer = self._settings.consumer
        name = consumer.name if consumer else ""
        position, self._count = self._count, self._count + 1
        return derived_id(self.message_id, self._settings.service, name, position)

    def _leave(self, message: OutgoingMessage) -> None:
        self._to_dispatch.append(message)

    def _seconds_left(self) -> float:
        return self.remaining()
