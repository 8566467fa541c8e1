"""Direct invocation: one service asks a function of another and waits, or hands it work.

The payload is a message as JSON, the answer an event or the reason of a refusal:

    {"msgTag": "CheckAccess", "body": {...}, "fromService": "Rides", "header": {...}}
    {"result": {...}}  or  {"rejected": "..."}
"""

import itertools
import math
import random
import time
from typing import Any, Final, TypeVar

import msgspec

from contracts.message import Event
from messaging.aws import clients as aws
from messaging.errors import CallFailed, CallTimedOut
from messaging.policy import RetryPolicy
from messaging.sending.invocation_result import Rejected, read
from messaging.sending.outgoing import OutgoingMessage
from messaging.wire.failure import error_text
from messaging.wire.header import HEADER, SENDER, TAG, Header

R = TypeVar("R", bound=Event)

# Lambda did not run the function: asking again cannot make it run twice.
_NOT_RUN: Final = frozenset(
    {"TooManyRequestsException", "EC2ThrottledException", "ThrottlingException", "Throttling"}
)
# How long to wait between tries, not how many: the caller's time limit ends them.
_RETRY: Final = RetryPolicy(base=0.05, cap=2.0)
_TOO_MANY_REQUESTS: Final = 429
# Seconds: with less of them left a call is not made again, since the function would run for nobody.
_WORTH_ASKING: Final = 0.1


class InvocationPayload(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """A message as the payload of an invocation; `msgTag` and `body` are enough. Nobody waits for
    the answer to one that is for `later`.
    """

    msg_tag: str
    body: Any
    later: bool = False
    from_service: str | None = None
    header: Header | None = None


def payload(message: OutgoingMessage, *, later: bool = False) -> bytes:
    """Return a message as the payload of an invocation."""
    text = {name: each["StringValue"] for name, each in message.attributes.items()}
    document = {
        "msgTag": text[TAG],
        "fromService": text[SENDER],
        "header": msgspec.Raw(text[HEADER].encode()),
        "body": msgspec.Raw(message.body.encode()),
        **({"later": True} if later else {}),
    }
    return msgspec.json.encode(document)


def invoke_without_waiting(message: OutgoingMessage) -> None:
    """Let Lambda accept a call, to be run soon; raises CallFailed unless it did.

    A function that fails is tried twice more by Lambda; then its failure destination has the call.
    """
    answer = aws.client("lambda").invoke(
        FunctionName=message.address.where,
        InvocationType="Event",
        Payload=payload(message, later=True),
    )
    # It is empty; unread it would keep its connection from being used again.
    answer["Payload"].read()
    if answer["StatusCode"] != 202:
        raise CallFailed(f"Lambda answered {answer['StatusCode']} to {message.address.where}")


def invoke(
    message: OutgoingMessage, returns: type[R], *, timeout: float, idempotent: bool
) -> R | Rejected:
    """Ask a function and return its answer within `timeout` seconds.

    A throttled call is made again, and an `idempotent` one also after a failure of which nobody
    knows whether the function ran. Raises CallFailed, or CallTimedOut, with the error's type and
    text where the function raised one.
    """
    if timeout <= 0:
        raise CallTimedOut(f"{message.address.where} was not asked: no time is left")
    end, left = time.monotonic() + timeout, timeout
    for attempt in itertools.count(1):
        try:
            answer = _ask(message, left)
        except Exception as error:
            # Jitter spreads load; it guards no secret.
            pause = _RETRY.delay(attempt, random.uniform)
            spare = end - time.monotonic() - _WORTH_ASKING
            again = _did_not_run(error) or (idempotent and _may_pass(error))
            if not again or spare <= 0:
                raise _not_answered(message, error, timeout) from error
            time.sleep(min(pause, spare))
            left = end - time.monotonic()
        else:
            return read(message.address.where, *answer, returns)
    raise AssertionError("counting does not end")


def _ask(message: OutgoingMessage, left: float) -> tuple[bytes, bool]:
    """Return what the function answered, and whether that is an error it raised."""
    client = aws.client("lambda", wait=_rounded(left))
    answer = client.invoke(FunctionName=message.address.where, Payload=payload(message))
    return answer["Payload"].read(), "FunctionError" in answer


def _rounded(seconds: float) -> float:
    """Return two digits of it, rounded down: there is a client for each, not for each moment that
    an invocation may have left.
    """
    scale = 10.0 ** (1 - math.floor(math.log10(seconds)))
    # 0.29 * 100 is a little less than 29.
    return math.floor(round(seconds * scale, 6)) / scale


def _did_not_run(error: Exception) -> bool:
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

    if isinstance(error, ClientError):
        throttled = _status(error) == _TOO_MANY_REQUESTS
        return throttled or error.response["Error"]["Code"] in _NOT_RUN
    return isinstance(error, ConnectTimeoutError | EndpointConnectionError)


def _may_pass(error: Exception) -> bool:
    from botocore.exceptions import ClientError, HTTPClientError

    if isinstance(error, ClientError):
        return _status(error) >= 500
    return isinstance(error, HTTPClientError)


def _status(error: Any) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _not_answered(message: OutgoingMessage, error: Exception, timeout: float) -> CallFailed:
    from botocore.exceptions import ClientError, ReadTimeoutError

    where = message.address.where
    if isinstance(error, ReadTimeoutError):
        return CallTimedOut(f"{where} did not answer within {timeout:g} s")
    type_, text = type(error).__name__, error_text(error)
    if isinstance(error, ClientError):
        type_ = error.response["Error"]["Code"]
        text = error.response["Error"].get("Message", "")
    hint = "; is its service deployed?" if type_ == "ResourceNotFoundException" else ""
    return CallFailed(f"{where} could not be asked: {type_}: {text}{hint}", type_=type_, text=text)
