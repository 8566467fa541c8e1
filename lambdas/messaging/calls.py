"""Direct invocation: one service asks a function of another and waits, or hands it work.

The payload is a message as JSON, the answer an event or the reason of a refusal:

    {"msgTag": "CheckAccess", "body": {...}, "fromService": "Rides", "header": {...}}
    {"result": {...}}  or  {"rejected": "..."}

Lambda answers 200 to a call whose function failed, with `FunctionError` set and the error as JSON
(API reference, Invoke).
"""

import itertools
import random
import time
from typing import Any, Final, TypeVar

import msgspec

from contracts.message import Event
from messaging import aws
from messaging.deadletter import words_of
from messaging.envelope import HEADER, SENDER, TAG, Header
from messaging.errors import CallFailed, CallTimedOut
from messaging.outgoing import Outgoing

R = TypeVar("R", bound=Event)

# Lambda did not run the function: asking again cannot make it run twice.
_NOT_RUN: Final = frozenset(
    {"TooManyRequestsException", "EC2ThrottledException", "ThrottlingException", "Throttling"}
)
# Seconds between tries: exponential, fully jittered, as in Brooker, "Exponential Backoff And
# Jitter" (AWS Architecture Blog, 2015).
_BASE: Final = 0.05
_CAP: Final = 2.0
# Seconds that a second try may wait for its answer.
_WAITS: Final = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
# What Lambda writes of a function that ran past its own time limit.
_TIMED_OUT: Final = "Task timed out"
# What the runtime raises of a handler that ran past its time.
_OWN: Final = CallTimedOut.__name__


class Call(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A message as the payload of an invocation; `msgTag` and `body` are enough."""

    msg_tag: str
    body: Any
    from_service: str | None = None
    header: Header | None = None


class Rejected(msgspec.Struct, frozen=True):
    """The function refused what it was asked; `reason` is what its handler rejected it with."""

    reason: str


def payload(message: Outgoing) -> bytes:
    """Return a message as the payload of an invocation."""
    text = {name: each["StringValue"] for name, each in message.attributes.items()}
    document = {
        "msgTag": text[TAG],
        "fromService": text[SENDER],
        "header": msgspec.Raw(text[HEADER].encode()),
        "body": msgspec.Raw(message.body.encode()),
    }
    return msgspec.json.encode(document)


def invoke_later(message: Outgoing) -> None:
    """Let Lambda accept a call, to be run soon; raises CallFailed unless it did.

    A function that fails is tried twice more by Lambda; then its failure destination has the call.
    """
    answer = aws.client("lambda").invoke(
        FunctionName=message.address.where, InvocationType="Event", Payload=payload(message)
    )
    if answer["StatusCode"] != 202:
        raise CallFailed(f"Lambda answered {answer['StatusCode']} to {message.address.where}")


def invoke(
    message: Outgoing, returns: type[R], *, timeout: float, idempotent: bool
) -> R | Rejected:
    """Ask a function and return its answer within `timeout` seconds.

    A throttled call is made again, and an `idempotent` one also after a failure of which nobody
    knows whether the function ran. Raises CallFailed, or CallTimedOut, with the error's type and
    text where the function raised one.
    """
    end = time.monotonic() + timeout
    for attempt in itertools.count():
        try:
            answer = _ask(message, timeout, end - time.monotonic())
        except Exception as error:
            # Jitter spreads load; it guards no secret.
            pause = random.uniform(0, min(_CAP, _BASE * 2**attempt))
            again = _did_not_run(error) or (idempotent and _may_pass(error))
            if not again or time.monotonic() + pause >= end:
                raise _not_answered(message, error, timeout) from error
            time.sleep(pause)
        else:
            return _read(message, *answer, returns)
    raise AssertionError("counting does not end")


def _ask(message: Outgoing, timeout: float, left: float) -> tuple[bytes, bool]:
    """Return what the function answered, and whether that is an error it raised."""
    # A client for each time limit that is asked for, not one for each moment.
    wait = timeout if left >= timeout * 0.99 else _at_most(left)
    client = aws.client("lambda", wait=wait)
    answer = client.invoke(FunctionName=message.address.where, Payload=payload(message))
    return answer["Payload"].read(), "FunctionError" in answer


def _at_most(seconds: float) -> float:
    return max((each for each in _WAITS if each <= seconds), default=_WAITS[0])


def _did_not_run(error: Exception) -> bool:
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in _NOT_RUN
    return isinstance(error, ConnectTimeoutError | EndpointConnectionError)


def _may_pass(error: Exception) -> bool:
    from botocore.exceptions import ClientError, HTTPClientError

    if isinstance(error, ClientError):
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"]) >= 500
    return isinstance(error, HTTPClientError)


def _not_answered(message: Outgoing, error: Exception, timeout: float) -> CallFailed:
    from botocore.exceptions import ClientError, ReadTimeoutError

    where = message.address.where
    if isinstance(error, ReadTimeoutError):
        return CallTimedOut(f"{where} did not answer within {timeout:g} s")
    type_, text = type(error).__name__, words_of(error)
    if isinstance(error, ClientError):
        type_ = error.response["Error"]["Code"]
        text = error.response["Error"].get("Message", "")
    hint = "; is its service deployed?" if type_ == "ResourceNotFoundException" else ""
    return CallFailed(f"{where} could not be asked: {type_}: {text}{hint}", type_=type_, text=text)


def _read(message: Outgoing, content: bytes, failed: bool, returns: type[R]) -> R | Rejected:
    where = message.address.where
    try:
        document = _unwrapped(content)
        if failed:
            raise _raised(where, document)
        answer = msgspec.convert(document, _Answer)
        if answer.rejected is not None:
            return Rejected(answer.rejected)
        return msgspec.convert(answer.result, returns)
    except msgspec.MsgspecError as error:
        text = f"{where} answered what is no {returns.__name__}: {error}"
        raise CallFailed(text, type_=type(error).__name__, text=str(error)) from error


def _unwrapped(content: bytes) -> Any:
    """Return the answer as a document, also of a function that answers like the one of an API, or
    with JSON in a text.
    """
    document = msgspec.json.decode(content)
    if isinstance(document, str):
        document = msgspec.json.decode(document)
    if not (isinstance(document, dict) and isinstance(document.get("statusCode"), int)):
        return document
    body = msgspec.json.decode(document.get("body") or "null")
    if (status := document["statusCode"]) < 400:
        return {"result": body}
    detail = body.get("detail") if isinstance(body, dict) else None
    if status < 500:
        return {"rejected": detail or f"status {status}"}
    raise CallFailed(f"the function answered with status {status}", type_=str(status))


def _raised(where: str, document: Any) -> CallFailed:
    error = msgspec.convert(document, _Error)
    what = (
        CallTimedOut
        if _TIMED_OUT in error.error_message or error.error_type == _OWN
        else CallFailed
    )
    told = f"{where} failed with {error.error_type or 'an error'}: {error.error_message}"
    return what(told, type_=error.error_type, text=error.error_message)


class _Answer(msgspec.Struct, frozen=True):
    result: Any = None
    rejected: str | None = None


class _Error(msgspec.Struct, frozen=True, rename="camel"):
    error_message: str = ""
    error_type: str = ""
