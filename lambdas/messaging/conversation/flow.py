"""Where a conversation stands: what caused what, and who waits for an answer.

The services that wait form a stack, the design of a return address (Hohpe and Woolf, "Enterprise
Integration Patterns") for requests within requests: a request puts its sender on top, every message
of the flow carries the stack, and the answer that comes back to that sender takes it off.
"""

from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from messaging.errors import NoReplyExpected
from messaging.wire.envelope import Envelope
from messaging.wire.header import Header


class ConversationState(Struct, frozen=True, kw_only=True):
    """What the next message of a conversation inherits. `waiting` are services, `requests` the ids
    of what they asked, position by position; the last one is answered first.
    """

    correlation_id: str
    causation_id: str | None = None
    hops: int = 0
    waiting: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()

    @classmethod
    def after(cls, envelope: Envelope, service: str, *, event: bool) -> Self:
        """Return the flow that goes on from a message which `service` has received."""
        header = envelope.header
        waiting = header.requestservices
        # Another sender may leave the ids out.
        requests = (*header.requestids, *("",) * len(waiting))[: len(waiting)]
        if event and is_back(header, service):
            waiting, requests = waiting[:-1], requests[:-1]
        return cls(
            correlation_id=envelope.correlation_id,
            causation_id=header.id,
            hops=header.hops + 1,
            waiting=waiting,
            requests=requests,
        )

    @property
    def request_service(self) -> str | None:
        """The service that waits for the next answer."""
        return self.waiting[-1] if self.waiting else None

    def header(self, id_: str) -> Header:
        """Return the header of the next message."""
        return Header(
            id=id_,
            correlationid=self.correlation_id,
            causationid=self.causation_id,
            requestservices=self.waiting,
            requestids=self.requests,
            hops=self.hops,
        )

    def request(self, id_: str, service: str) -> Header:
        """Return the header of a message whose answer `service` will wait for."""
        waiting, requests = (*self.waiting, service), (*self.requests, id_)
        return replace(self, waiting=waiting, requests=requests).header(id_)

    def reply(self, id_: str) -> Header:
        """Return the header of the answer to who waits; raises NoReplyExpected."""
        if not self.waiting:
            raise NoReplyExpected
        return replace(self.header(id_), replyto=self.requests[-1] or None)


def is_back(header: Header, service: str) -> bool:
    """Whether an event has come back to the service that waits for it.

    Of its own events, should it listen to them, only replies have: neither has its question, nor
    what it announces on the way to an answer that it gives to itself.
    """
    reply = header.responder is not None
    return header.requestservices[-1:] == (service,) and (reply or not is_from(header, service))


def is_from(header: Header, service: str) -> bool:
    """Whether a service has sent a message."""
    return (header.source or "").rpartition("/")[2] == service
