"""One message outside a queue: another service's call, or the body of a request to an API."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from contracts.message import Event, Message
from messaging.conversation.context import Context
from messaging.conversation.expiry import expiry
from messaging.deadline import Deadline, Interrupter, LambdaContext
from messaging.errors import CallTimedOut, HandlerTimedOut, InvalidMessage, PublishFailed, Reject
from messaging.function.handlers import HandlerRegistration, Handlers
from messaging.http.request import HttpRequest
from messaging.http.request_log import log_request
from messaging.http.response import Response, accepted, ok, problem
from messaging.http.route import answer, idempotency_key
from messaging.http.validation import read_body
from messaging.log import log
from messaging.sending import publisher
from messaging.sending.invocations import InvocationPayload
from messaging.sending.outgoing import OutgoingMessage, derived_id
from messaging.settings import HOP_LIMIT, Settings
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope
from messaging.wire.failure import error_text, failure_of
from messaging.wire.header import SENDER, TAG, Header


class DirectInvocation(Struct, frozen=True):
    """One invocation that is no batch: the handlers it may use, and its time."""

    routes: Handlers
    config: Settings
    lambda_context: LambdaContext

    def answer_call(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a call, or why its handler refused.

        Raises InvalidMessage for what is no call of a message that is answered here, and whatever
        the handler raises: Lambda hands the error on to the caller.
        """
        started, call = time.perf_counter(), _call(event)
        envelope = _envelope(call, self.lambda_context.aws_request_id)
        try:
            route = self._route(call.msg_tag)
            self._check(envelope.header)
            message = wire.from_json(envelope.body, route.decoder)
            result = wire.to_json(self._run(route, message, envelope))
        except Reject as refusal:
            if call.later:
                # As a value it would be lost; as an error it ends among the failed calls.
                self._log("call rejected", envelope, started, level="ERROR")
                raise
            told: dict[str, Any] = {"rejected": error_text(refusal)}
        except Exception as error:
            self._log("call failed", envelope, started, **_kind(error))
            raise
        else:
            # Lambda writes JSON by rules of its own; what has been JSON is the same by any.
            told = {"result": msgspec.json.decode(result)}
        self._log("call rejected" if "rejected" in told else "call answered", envelope, started)
        return told

    def answer_request(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a request whose body is a message: 200 and the event that its
        handler returns, or 202 where it returns none.

        Raises InvalidMessage for what is no request of an HTTP API.
        """
        started, request = time.perf_counter(), _request(event)
        answered = answer(request, lambda: self._respond(request))
        seconds = time.perf_counter() - started
        log_request(request, request.route_key, answered["statusCode"], seconds)
        return answered

    def _respond(self, request: HttpRequest) -> Response:
        tag = self.config.commands.get(request.route_key)
        if tag is None:
            return problem(404, "There is nothing here.")
        route = self._route(tag)
        message = read_body(request, route.message)
        id_ = _id(request)
        header = Header(id=id_, correlationid=request.correlation_id)
        envelope = _envelope(InvocationPayload(msg_tag=tag, body=message, header=header), id_)
        result = self._run(route, message, envelope)
        return accepted({"id": id_}) if result is None else ok(result)

    def _route(self, tag: str) -> HandlerRegistration:
        route = self.routes.get(tag)
        if route is None or tag not in self.config.invocable:
            answers = ", ".join(sorted(self.config.invocable)) or "nothing"
            raise InvalidMessage(f"{tag[:100]!r} is not answered here, only {answers}")
        return route

    def _check(self, header: Header) -> None:
        """Refuse a call that goes in circles or comes too late, as a queue's messages are."""
        consumer = self.config.consumer
        limit = consumer.hop_limit if consumer else HOP_LIMIT
        if over := expiry(header, limit, datetime.now(UTC)):
            raise InvalidMessage(over.reason)

    def _run(
        self, route: HandlerRegistration, message: Message, envelope: Envelope
    ) -> Event | None:
        """Run the handler within the invocation's time; what it said leaves before it returns."""
        consumer = self.config.consumer
        bound = consumer.handler_timeout if consumer else None
        limit = Deadline.of(self.lambda_context).limit(bound, 0)
        held_back: list[OutgoingMessage] = []
        context = Context(envelope, message, self.config, held_back, time.monotonic() + limit)
        try:
            with Interrupter() as interrupter:
                result = interrupter.call(limit, lambda: route.handle(message, context))
        except HandlerTimedOut as error:
            # No Exception, as which it could not be answered.
            raise CallTimedOut(str(error)) from error
        if unsent := publisher.send(held_back):
            raise PublishFailed(f"a message it sent could not leave: {next(iter(unsent.values()))}")
        return result

    def _log(self, event: str, envelope: Envelope, started: float, **more: Any) -> None:
        log(
            event,
            service=self.config.service,
            msgTag=envelope.tag,
            messageId=envelope.header.id,
            correlationId=envelope.correlation_id,
            requestId=self.lambda_context.aws_request_id,
            durationMs=round((time.perf_counter() - started) * 1000, 1),
            **more,
        )


def _id(request: HttpRequest) -> str:
    """Return the id of a message: the same for a request that is sent again with its key, not for
    one of another client, to another route or with another body that has the same key.
    """
    if (key := idempotency_key(request)) is None:
        return request.request_id
    who = request.authorized.get("principal", "")
    return derived_id("request", request.route_key, who, key, request.body or "")


def _request(event: Mapping[str, Any]) -> HttpRequest:
    try:
        return msgspec.convert(event, HttpRequest)
    except msgspec.ValidationError as error:
        raise InvalidMessage(f"the event is no request of an HTTP API: {error}") from error


def _call(event: Mapping[str, Any]) -> InvocationPayload:
    try:
        return msgspec.convert(event, InvocationPayload)
    except msgspec.ValidationError as error:
        raise InvalidMessage(
            f"the event is no batch from SQS, no request of an API, and no call: {error}"
        ) from error


def _envelope(call: InvocationPayload, request_id: str) -> Envelope:
    attributes = {TAG: wire.text(call.msg_tag)}
    if call.from_service:
        attributes[SENDER] = wire.text(call.from_service)
    return Envelope(
        body=wire.to_json(call.body),
        attributes=attributes,
        tag=call.msg_tag,
        header=call.header or Header(id=request_id),
        attempt=1,
        first_received=datetime.now(UTC),
    )


def _kind(error: Exception) -> dict[str, object]:
    """Return of an error what may be logged: not its message, which may quote the body."""
    failure = failure_of(error)
    return {"level": "ERROR", "errorType": failure.type, "fingerprint": failure.fingerprint}
