"""The state of a conversation: the chain of causes, and the services that wait for a reply.

These services form a stack, the design of a return address (Hohpe and Woolf, "Enterprise
Integration Patterns") for requests within requests: a request pushes its sender, every message of
the conversation carries the stack, and a reply that has reached that sender pops it.
"""

from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from messaging.errors import NoReplyExpected
from messaging.wire.envelope import Envelope
from messaging.wire.header import Header


class ConversationState(Struct, frozen=True, kw_only=True):
    """What the next message of a conversation inherits.

    `request_services` are the services that wait for a reply, `request_ids` the ids of their
    requests, position by position. The last one gets the next reply.
    """

    correlation_id: str
    causation_id: str | None = None
    hops: int = 0
    request_services: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()

    @classmethod
    def after(cls, envelope: Envelope, service: str, *, event: bool) -> Self:
        """Return the state after `service` has received a message; `event` is whether the message
        is an event.
        """
        header = envelope.header
        services = header.requestservices
        # Senders without this runtime may leave out the ids.
        ids = (*header.requestids, *("",) * len(services))[: len(services)]
        if event and is_reply_to(header, service):
            services, ids = services[:-1], ids[:-1]
        return cls(
            correlation_id=envelope.correlation_id,
            causation_id=header.id,
            hops=header.hops + 1,
            request_services=services,
            request_ids=ids,
        )

    @property
    def request_service(self) -> str | None:
        """The service that gets the next reply, None if no service waits."""
        return self.request_services[-1] if self.request_services else None

    def header(self, id_: str) -> Header:
        """Return the header of the next message."""
        return Header(
            id=id_,
            correlationid=self.correlation_id,
            causationid=self.causation_id,
            requestservices=self.request_services,
            requestids=self.request_ids,
            hops=self.hops,
        )

    def request(self, id_: str, service: str) -> Header:
        """Return the header of a request for whose reply `service` waits."""
        services = (*self.request_services, service)
        ids = (*self.request_ids, id_)
        return replace(self, request_services=services, request_ids=ids).header(id_)

    def reply(self, id_: str) -> Header:
        """Return the header of the next reply; raises NoReplyExpected if no service waits."""
        if not self.request_services:
            raise NoReplyExpected
        return replace(self.header(id_), replyto=self.request_ids[-1] or None)


def is_reply_to(header: Header, service: str) -> bool:
    """Whether an event is a reply that `service` waits for.

    An event of another service is a reply if `service` is the next to get one. An event that
    `service` has published itself, and listens to, must also have been sent as a reply: its
    published requests, and what it announces before it replies to itself, are no replies.
    """
    replied = header.responder is not None
    return header.requestservices[-1:] == (service,) and (replied or not is_from(header, service))


def is_from(header: Header, service: str) -> bool:
    """Whether `service` has sent a message."""
    return (header.source or "").rpartition("/")[2] == service
