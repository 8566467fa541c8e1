"""What every handler may send: the methods that contexts of messages and of HTTP requests share."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar, overload

from msgspec.structs import replace

from contracts.message import Command, Event, Message
from messaging.conversation.return_addresses import ConversationState
from messaging.sending import address
from messaging.sending.address import Address
from messaging.settings import Settings
from messaging.wire.header import Header

if TYPE_CHECKING:
    from messaging.sending.invocation_result import Rejected
    from messaging.sending.outgoing import OutgoingMessage

R = TypeVar("R", bound=Event)

# Makes the header of a message with this id.
HeaderOf = Callable[[str], Header]


class MessagingContext(ABC):
    """Sends messages for a handler. Every method but `invoke` returns the id of its message.

    Every method raises NotDeclared if the topology does not let the service send the message there,
    InvalidMessage if the message does not fit its contract, and MessageLimitExceeded if it is too
    large. `message_id` replaces the derived id: receivers treat two messages of one kind with the
    same id as copies of one message. Two requests with a time limit must not share an id, whatever
    their kinds: replies name the id only, and the second request is not sent, with an error.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def _config(self) -> Settings: ...

    @property
    @abstractmethod
    def _state(self) -> ConversationState: ...

    @abstractmethod
    def _new_id(self, kind: str, tag: str, where: str, body: str) -> str: ...

    @abstractmethod
    def _send(self, message: "OutgoingMessage") -> None: ...

    @abstractmethod
    def _seconds_left(self) -> float: ...

    @property
    def correlation_id(self) -> str:
        """The id that all messages of a conversation share."""
        return self._state.correlation_id

    @property
    def request_service(self) -> str | None:
        """The service that gets the next reply, None if no service waits."""
        return self._state.request_service

    def publish(self, event: Event, *, message_id: str | None = None) -> str:
        """Publish an event on the service's MsgOut."""
        where = address.msg_out(event, self._config)
        return self._send_out(self._compose(event, where, self._state.header, message_id))

    def send(self, command: Command, *, to: str, message_id: str | None = None) -> str:
        """Send a command to the MsgIn of another service; no reply is expected."""
        where = address.msg_in(command, to, self._config)
        return self._send_out(self._compose(command, where, self._state.header, message_id))

    def request(
        self,
        command: Command,
        *,
        to: str,
        timeout: float | None = None,
        message_id: str | None = None,
    ) -> str:
        """Send a command to the MsgIn of another service and expect a reply.

        The reply is an event, received by the consumer that has it in `replies_from`. If it has not
        been received within `timeout` seconds, the service receives a RequestTimedOut instead,
        never both.
        """
        where = address.msg_in(command, to, self._config)
        return self._request(command, where, 1, timeout, message_id)

    def publish_request(
        self, event: Event, *, expected_replies: int, timeout: float, message_id: str | None = None
    ) -> str:
        """Publish an event and expect replies of `expected_replies` consumers that listen to it.

        Unless all replies have been received within `timeout` seconds, the service receives a
        RequestTimedOut. Raises ValueError unless `expected_replies` is at least 1.
        """
        if expected_replies < 1:
            raise ValueError(
                f"expected_replies is {expected_replies}; it must be at least 1, or use `publish`"
            )
        where = address.msg_out(event, self._config)
        return self._request(event, where, expected_replies, timeout, message_id)

    def reply(self, event: Event, *, message_id: str | None = None) -> str:
        """Reply to the service that waits, on the service's MsgOut; raises NoReplyExpected if no
        service waits.
        """
        where = address.msg_out(event, self._config)
        return self._send_out(
            self._compose(event, where, self._reply_header, message_id, kind="reply")
        )

    def enqueue(self, command: Command, *, delay: float = 0, message_id: str | None = None) -> str:
        """Put a command on the queue of the service's own consumer that accepts it.

        It is handled after `delay` seconds at the earliest. Raises ValueError for a delay outside 0
        to 30 days, and for a delay on a FIFO queue.
        """
        where = address.own_queue(type(command), self._config)
        return self._send_out(
            self._compose(command, where, self._state.header, message_id, delay=delay)
        )

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

        A rejection by the function's handler is returned as Rejected. Any other failure raises
        CallFailed, or CallTimedOut. A throttled invocation is repeated within the time; if it is
        `idempotent`, so is an invocation of which it is not known whether the function ran.

        With `wait=False` Lambda accepts the invocation and runs the function later; its result is
        lost. The message id is returned.
        """
        where = address.function(command, to, self._config)
        message = self._compose(command, where, self._state.header, message_id)
        if not wait:
            return self._send_out(message)
        if returns is None:
            raise TypeError("invoke needs `returns`, the event that is the result, or `wait=False`")
        # Imported here: most functions invoke no other function.
        from messaging.sending import invocations

        limit = min(timeout, self._seconds_left())
        return invocations.invoke(message, returns, timeout=limit, idempotent=idempotent)

    def _send_out(self, message: "OutgoingMessage") -> str:
        """Send a message; return its id."""
        self._send(message)
        return message.id

    def _compose(
        self,
        message: Message,
        where: Address,
        header: HeaderOf,
        message_id: str | None,
        *,
        kind: str = "",
        delay: float = 0,
    ) -> "OutgoingMessage":
        """Return a message ready to send. A request and a reply are of a `kind` of their own: an
        equal message that is neither is another message.
        """
        # Imported here: many consumers send nothing.
        from messaging.sending.compose import compose
        from messaging.sending.contents import body_json

        body = body_json(message)
        id_ = message_id or self._new_id(kind, message.msg_tag, where.where, body)
        return compose(message, header(id_), self._config, where, body=body, delay=delay)

    def _request(
        self,
        message: Message,
        where: Address,
        expected_replies: int,
        timeout: float | None,
        message_id: str | None,
    ) -> str:
        ready = self._compose(message, where, self._request_header, message_id, kind="request")
        if timeout is not None:
            from messaging.conversation.time_limit import reply_deadline

            limit = reply_deadline(ready, self._state, self._config, expected_replies, timeout)
            ready = replace(ready, reply_deadline=limit)
        return self._send_out(ready)

    def _request_header(self, id_: str) -> Header:
        return self._state.request(id_, self._config.service)

    def _reply_header(self, id_: str) -> Header:
        consumer, service = self._config.consumer, self._config.service
        responder = f"{service}.{consumer.name}" if consumer else service
        return replace(self._state.reply(id_), responder=responder)
