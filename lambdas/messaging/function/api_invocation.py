"""A request of an HTTP API whose body is a message: from the request to the response."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec

from messaging.errors import InvalidMessage
from messaging.function.direct_invocation import DirectInvocation, envelope_of
from messaging.http.request import HttpRequest
from messaging.http.request_log import log_request
from messaging.http.response import Response, accepted, ok, problem
from messaging.http.route import idempotency_key, respond
from messaging.http.validation import read_body
from messaging.sending.invocations import InvocationPayload
from messaging.sending.outgoing import derived_id
from messaging.wire.header import Header


def response_to(event: Mapping[str, Any], invocation: DirectInvocation) -> dict[str, Any]:
    """Return the response to a request: 200 and the event that the handler returns, or 202 if it
    returns none. Errors are returned as problem details.

    Raises InvalidMessage for an event that is no request of an HTTP API.
    """
    started, request = time.perf_counter(), _request(event)
    response = respond(request, lambda: _run(request, invocation))
    seconds = time.perf_counter() - started
    log_request(request, request.route_key, response["statusCode"], seconds)
    return response


def _run(request: HttpRequest, invocation: DirectInvocation) -> Response:
    tag = invocation.config.commands.get(request.route_key)
    if tag is None:
        return problem(404, "There is nothing here.")
    registration = invocation.handler_of(tag)
    message = read_body(request, registration.message)
    id_ = _message_id(request)
    header = Header(id=id_, correlationid=request.correlation_id)
    envelope = envelope_of(InvocationPayload(msg_tag=tag, body=message, header=header), id_)
    result = invocation.run(registration, message, envelope)
    return accepted({"id": id_}) if result is None else ok(result)


def _message_id(request: HttpRequest) -> str:
    """Return the id of the message: the same for a request that is repeated with its
    Idempotency-Key, another one for another client, route or body.
    """
    if (key := idempotency_key(request, request.route_key)) is None:
        return request.request_id
    return derived_id("request", key, request.body)


def _request(event: Mapping[str, Any]) -> HttpRequest:
    try:
        return msgspec.convert(event, HttpRequest)
    except msgspec.ValidationError as error:
        raise InvalidMessage(f"the event is no request of an HTTP API: {error}") from error
