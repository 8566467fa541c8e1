"""The invocation of a function with one message, without a queue."""

import time
from datetime import UTC, datetime

from msgspec import Struct

from contracts.message import Event, Message
from messaging.conversation.context import Context
from messaging.conversation.expiry import expiry
from messaging.deadline import Deadline, Interrupter, LambdaContext
from messaging.errors import CallTimedOut, HandlerTimedOut, InvalidMessage
from messaging.function.handlers import HandlerRegistration, Handlers
from messaging.sending import publisher
from messaging.sending.invocations import InvocationPayload
from messaging.sending.outgoing import OutgoingMessage
from messaging.settings import HOP_LIMIT, Settings
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope
from messaging.wire.header import SENDER, TAG, Header


class DirectInvocation(Struct, frozen=True):
    """One invocation without a queue: the function's handlers, its settings, its time."""

    handlers: Handlers
    config: Settings
    lambda_context: LambdaContext

    @property
    def request_id(self) -> str:
        """Lambda's id of the invocation."""
        return self.lambda_context.aws_request_id

    def handler_of(self, tag: str) -> HandlerRegistration:
        """Return the handler of a msgTag; raises InvalidMessage unless the topology makes the
        message `invocable`.
        """
        registration = self.handlers.get(tag)
        if registration is None or tag not in self.config.invocable:
            accepted = ", ".join(sorted(self.config.invocable)) or "nothing"
            raise InvalidMessage(
                f"this function cannot be invoked with {tag[:100]!r}; it accepts {accepted}"
            )
        return registration

    def check(self, header: Header) -> None:
        """Raise InvalidMessage for a message over the hop limit, or after its time."""
        consumer = self.config.consumer
        limit = consumer.hop_limit if consumer else HOP_LIMIT
        if over := expiry(header, limit, datetime.now(UTC)):
            raise InvalidMessage(over.reason)

    def run(
        self, registration: HandlerRegistration, message: Message, envelope: Envelope
    ) -> Event | None:
        """Return what the handler returns, after the messages that it sends have been sent.

        Raises what the handler raises, CallTimedOut if its time limit ends, and PublishFailed if a
        message could not be sent.
        """
        consumer = self.config.consumer
        handler_timeout = consumer.handler_timeout if consumer else None
        limit = Deadline.of(self.lambda_context).limit(handler_timeout, 0)
        to_dispatch: list[OutgoingMessage] = []
        context = Context(envelope, message, self.config, to_dispatch, time.monotonic() + limit)
        try:
            with Interrupter() as interrupter:
                result = interrupter.call(limit, lambda: registration.handle(message, context))
        except HandlerTimedOut as error:
            # HandlerTimedOut is no Exception: it could not be returned as a response.
            raise CallTimedOut(str(error)) from error
        if unsent := publisher.send(to_dispatch):
            first = next(message for message in to_dispatch if message.key in unsent)
            what = "a message of the handler could not be sent"
            raise publisher.publish_failed(what, first, unsent[first.key])
        return result


def envelope_of(payload: InvocationPayload, default_id: str) -> Envelope:
    """Return a payload as a received message; without a header `default_id` is its id."""
    attributes = {TAG: wire.text(payload.msg_tag)}
    if payload.from_service:
        attributes[SENDER] = wire.text(payload.from_service)
    return Envelope(
        body=wire.to_json(payload.body),
        attributes=attributes,
        tag=payload.msg_tag,
        header=payload.header or Header(id=default_id),
        attempt=1,
        first_received=datetime.now(UTC),
    )
