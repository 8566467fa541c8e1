"""What a handler may say: each verb is one line, where it goes and who answers is the runtime's."""

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal, TypeVar, overload

import msgspec
from msgspec.structs import replace

from contracts.message import Command, Event, Message
from contracts.timeout import RequestTimedOut
from messaging.conversation.flow import ConversationState
from messaging.errors import NotDeclared
from messaging.sending import address
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.sending.outgoing import OutgoingMessage, ReplyDeadline, derived_id
from messaging.settings import Settings
from messaging.wire import encoding as wire
from messaging.wire.header import Header

if TYPE_CHECKING:
    from messaging.sending.invocation_result import Rejected

R = TypeVar("R", bound=Event)


class MessagingContext(ABC):
    """One side of a conversation. Every verb but `invoke` returns the id of its message.

    Each raises NotDeclared for a message that the topology does not let the service send there,
    InvalidMessage for a message that does not fit its contract, and MessageLimitExceeded for a
    message that is too large. `message_id` replaces the derived id, for a message whose id is known
    to the business: two messages with one id are copies of each other.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def _config(self) -> Settings: ...

    @property
    @abstractmethod
    def _flow(self) -> ConversationState: ...

    @abstractmethod
    def _next_id(self) -> str: ...

    @abstractmethod
    def _leave(self, message: OutgoingMessage) -> None: ...

    @abstractmethod
    def _seconds_left(self) -> float: ...

    @property
    def correlation_id(self) -> str:
        """The id that every message of one conversation shares."""
        return self._flow.correlation_id

    @property
    def request_service(self) -> str | None:
        """The service that waits for the next answer, if any does."""
        return self._flow.request_service

    def publish(self, event: Event, *, message_id: str | None = None) -> str:
        """Announce what has happened, on the service's own MsgOut."""
        where = address.msg_out(event, self._config)
        return self._send(event, where, self._flow.header(message_id or self._next_id()))

    def send(self, command: Command, *, to: str, message_id: str | None = None) -> str:
        """Give work to another service, through its MsgIn."""
        where = address.msg_in(command, to, self._config)
        return self._send(command, where, self._flow.header(message_id or self._next_id()))

    def request(
        self,
        command: Command,
        *,
        to: str,
        timeout: float | None = None,
        message_id: str | None = None,
    ) -> str:
        """Give work to another service and wait for its answer, which comes as an event to the
        consumer that has `replies_from` there.

        Without an answer within `timeout` seconds a RequestTimedOut comes instead, never both.
        """
        where = address.msg_in(command, to, self._config)
        return self._request(command, where, 1, timeout, message_id)

    def publish_request(
        self, event: Event, *, expected_replies: int, timeout: float, message_id: str | None = None
    ) -> str:
        """Announce something and wait for the answers of so many consumers that listen to it.

        Unless all have answered within `timeout` seconds, a RequestTimedOut comes.
        """
        if expected_replies < 1:
            raise ValueError(f"answers is {expected_replies}; publish what nobody answers")
        where = address.msg_out(event, self._config)
        return self._request(event, where, expected_replies, timeout, message_id)

    def reply(self, answer: Event, *, message_id: str | None = None) -> str:
        """Reply to the service that waits, on MsgOut; raises NoReplyExpected when none waits."""
        where = address.msg_out(answer, self._config)
        header = self._flow.reply(message_id or self._next_id())
        return self._send(answer, where, replace(header, responder=self._responder))

    def enqueue(self, command: Command, *, delay: float = 0, message_id: str | None = None) -> str:
        """Put a unit of work straight on the queue of the service's own consumer that takes it, to
        be handled `after` seconds (0 to 30 days) at the earliest.
        """
        where = address.own_queue(type(command), self._config)
        header = self._flow.header(message_id or self._next_id())
        return self._send(command, where, header, delay=delay)

    @overload
    def invoke(
        self,
        command: Command,
        *,
        to: str,
        returns: type[R],
        timeout: float = 10,
        idempotent: bool = False,
    ) -> "R | Rejected": ...

    @overload
    def invoke(
        self, command: Command, *, to: str, wait: Literal[False], message_id: str | None = None
    ) -> str: ...

    def invoke(
        self,
        command: Command,
        *,
        to: str,
        returns: type[R] | None = None,
        timeout: float = 10,
        idempotent: bool = False,
        wait: bool = True,
        message_id: str | None = None,
    ) -> "R | Rejected | str":
        """Invoke a function of another service and return its result within `timeout` seconds.

        A refusal by the function's handler is returned as Rejected. Any other failure raises
        CallFailed, or CallTimedOut. A throttled invocation is repeated within the time; with
        `idempotent`, so is one of which it is not known whether the function ran.

        With `wait=False` Lambda accepts the invocation and runs the function later; its result is
        lost. The message id is returned.
        """
        message = self._invocation(command, to, message_id or self._next_id())
        if not wait:
            self._leave(message)
            return message.id
        if returns is None:
            raise TypeError("invoke needs `returns`, the event that is the result, or `wait=False`")
        # Here, since most functions invoke no other.
        from messaging.sending import invocations

        limit = min(timeout, self._seconds_left())
        return invocations.invoke(message, returns, timeout=limit, idempotent=idempotent)

    def _invocation(self, command: Command, to: str, id_: str) -> OutgoingMessage:
        where = address.function(command, to, self._config)
        return compose(command, self._flow.header(id_), self._config, where)

    def _send(self, message: Message, where: Address, header: Header, *, delay: float = 0) -> str:
        self._leave(compose(message, header, self._config, where, delay=delay))
        return header.id

    def _request(
        self,
        message: Message,
        where: Address,
        expected_replies: int,
        timeout: float | None,
        message_id: str | None,
    ) -> str:
        header = self._flow.request(message_id or self._next_id(), self._config.service)
        ready = compose(message, header, self._config, where)
        if timeout is not None:
            ready = replace(
                ready, reply_deadline=self._pending(message, header, expected_replies, timeout)
            )
        self._leave(ready)
        return header.id

    def _pending(
        self, message: Message, header: Header, expected_replies: int, timeout: float
    ) -> ReplyDeadline:
        if not self._config.requests_table:
            raise NotDeclared(
                f"no consumer of {self._config.service} hears of time limits: "
                "add RequestTimedOut to `takes` of one in the map"
            )
        timed_out = RequestTimedOut(
            request_id=header.id,
            request_tag=message.msg_tag,
            timeout=timeout,
            request=msgspec.Raw(wire.to_json(message).encode()),
        )
        where = address.own_queue(RequestTimedOut, self._config)
        # Without the request's own return address: who hears of the time limit answers those that
        # wait for this service.
        own = self._flow.header(derived_id(header.id, "timed out"))
        notice = compose(timed_out, own, self._config, where, delay=timeout)
        return ReplyDeadline(expected_replies, time.time() + timeout, notice)

    @property
    def _responder(self) -> str:
        consumer = self._config.consumer
        return f"{self._config.service}.{consumer.name}" if consumer else self._config.service
