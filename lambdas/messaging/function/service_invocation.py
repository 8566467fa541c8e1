"""Direct invocation by another service: from the payload to the result."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from messaging import log
from messaging.errors import InvalidMessage, Reject
from messaging.function.direct_invocation import DirectInvocation, envelope_of
from messaging.sending.invocations import InvocationPayload
from messaging.wire import encoding as wire
from messaging.wire.envelope import Envelope
from messaging.wire.failure import error_text, failure_of


def result_of(event: Mapping[str, Any], invocation: DirectInvocation) -> dict[str, Any]:
    """Return the result of an invocation, or the reason of a rejection.

    Raises InvalidMessage for any other event and for a message that is not invocable, and what the
    handler raises: Lambda returns the error's type and text to a caller that waits. The frames of
    its stack are in the log only.
    """
    started, payload = time.perf_counter(), _payload(event)
    envelope = envelope_of(payload, invocation.request_id)

    def write(level: Callable[..., None], event: str, **more: object) -> None:
        level(event, **_fields(envelope, invocation, started), **more)

    try:
        result = _run(payload, envelope, invocation)
    except Reject as rejection:
        if payload.later:
            # As a result it would be lost; as an error it reaches the failure destination.
            write(log.error, "invocation rejected")
            raise
        write(log.info, "invocation rejected")
        return {"rejected": error_text(rejection)}
    except Exception as error:
        # Without the text of the error, which may contain the body.
        failure = failure_of(error)
        fields = {"errorType": failure.type, "stack": failure.stack, **failure.log_fields}
        write(log.error, "invocation failed", **fields)
        if payload.later:
            raise
        # Lambda returns the frames of what it catches.
        raise error.with_traceback(None) from None
    write(log.info, "invocation succeeded")
    # As plain values, since Lambda encodes JSON by its own rules.
    return {"result": msgspec.json.decode(result)}


def _run(payload: InvocationPayload, envelope: Envelope, invocation: DirectInvocation) -> str:
    """Return the handler's result as JSON."""
    registration = invocation.handler_of(payload.msg_tag)
    invocation.check(envelope.header)
    message = wire.from_json(envelope.body, registration.decoder)
    return wire.to_json(invocation.run(registration, message, envelope))


def _payload(event: Mapping[str, Any]) -> InvocationPayload:
    try:
        return msgspec.convert(event, InvocationPayload)
    except msgspec.ValidationError as error:
        raise InvalidMessage(
            "the event is no batch from SQS, no request of an HTTP API, and no direct invocation: "
            f"{error}"
        ) from error


def _fields(envelope: Envelope, invocation: DirectInvocation, started: float) -> dict[str, object]:
    return {
        "service": invocation.config.service,
        "msgTag": envelope.tag,
        "messageId": envelope.header.id,
        "correlationId": envelope.correlation_id,
        "requestId": invocation.request_id,
        "durationMs": round((time.perf_counter() - started) * 1000, 1),
    }
