"""Direct invocation of another service's function, with or without waiting for its result.

The payload is a message as JSON, the result an event or the reason of a rejection:

    {"msgTag": "CheckVisa", "body": {...}, "fromService": "Passports", "header": {...}}
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
from messaging.aws.not_sent import of_error
from messaging.errors import CallFailed, CallTimedOut
from messaging.policy import RetryPolicy
from messaging.sending.invocation_result import Rejected, read
from messaging.sending.outgoing import OutgoingMessage
from messaging.wire.header import HEADER, SENDER, TAG, Header

R = TypeVar("R", bound=Event)

# Lambda did not run the function: another try cannot run it twice.
_NOT_RUN: Final = frozenset(
    {"TooManyRequestsException", "EC2ThrottledException", "ThrottlingException", "Throttling"}
)
# The delays between tries. Their number has no limit of its own: the caller's time limit ends them.
_RETRY: Final = RetryPolicy(base=0.05, cap=2.0)
_TOO_MANY_REQUESTS: Final = 429
# Seconds. With less time left there is no other try: its result would come too late.
_WORTH_INVOKING: Final = 0.1


class InvocationPayload(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """A message as the payload of an invocation; `msgTag` and `body` suffice. `later` is set if the
    caller does not wait for the result.
    """

    msg_tag: str
    body: Any
    later: bool = False
    from_service: str | None = None
    header: Header | None = None


def payload(message: OutgoingMessage, *, later: bool = False) -> bytes:
    """Return a message as the payload of an invocation."""
    attributes = message.attributes
    document = {
        "msgTag": attributes[TAG]["StringValue"],
        "fromService": attributes[SENDER]["StringValue"],
        "header": msgspec.Raw(attributes[HEADER]["BinaryValue"]),
        "body": msgspec.Raw(message.body.encode()),
        **({"later": True} if later else {}),
    }
    return msgspec.json.encode(document)


def invoke_without_waiting(message: OutgoingMessage) -> None:
    """Invoke a function asynchronously; raises CallFailed unless Lambda accepts the invocation.

    If the function fails, Lambda runs it up to twice more, then sends the invocation to the
    function's failure destination.
    """
    response = aws.client("lambda").invoke(
        FunctionName=message.address.where,
        InvocationType="Event",
        Payload=payload(message, later=True),
    )
    # The payload is empty; unread it would keep its connection from being used again.
    response["Payload"].read()
    if (status := response["StatusCode"]) != 202:
        raise CallFailed(f"{message.address.where} was not invoked: Lambda returned {status}")


def invoke(
    message: OutgoingMessage, returns: type[R], *, timeout: float, idempotent: bool
) -> R | Rejected:
    """Invoke a function and return its result within `timeout` seconds.

    A throttled invocation is tried again within this time, an `idempotent` one also after a failure
    that leaves open whether the function ran. Raises CallFailed or CallTimedOut, with the type and
    the text of the error.
    """
    if timeout <= 0:
        raise CallTimedOut(f"{message.address.where} was not invoked: no time is left")
    end, left = time.monotonic() + timeout, timeout
    for attempt in itertools.count(1):
        try:
            result = _try(message, left)
        except Exception as error:
            # Jitter spreads load; it guards no secret.
            pause = _RETRY.delay(attempt, random.uniform)
            spare = end - time.monotonic() - _WORTH_INVOKING
            again = _did_not_run(error) or (idempotent and _is_transient(error))
            if not again or spare <= 0:
                raise _not_invoked(message, error, timeout) from error
            time.sleep(min(pause, spare))
            left = end - time.monotonic()
        else:
            return read(message.address.where, *result, returns)
    raise AssertionError("counting does not end")


def _try(message: OutgoingMessage, timeout: float) -> tuple[bytes, bool]:
    """Return the payload of the response, and whether it is an error that the function raised."""
    client = aws.client("lambda", timeout=_rounded(timeout))
    response = client.invoke(FunctionName=message.address.where, Payload=payload(message))
    return response["Payload"].read(), "FunctionError" in response


def _rounded(seconds: float) -> float:
    """Return `seconds` rounded down to two digits: a process keeps one client for each time limit.

    E.g. 2.987 becomes 2.9.
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


def _is_transient(error: Exception) -> bool:
    from botocore.exceptions import ClientError, HTTPClientError

    if isinstance(error, ClientError):
        return _status(error) >= 500
    return isinstance(error, HTTPClientError)


def _status(error: Any) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _not_invoked(message: OutgoingMessage, error: Exception, timeout: float) -> CallFailed:
    from botocore.exceptions import ReadTimeoutError

    where = message.address.where
    if isinstance(error, ReadTimeoutError):
        return CallTimedOut(f"{where} returned no result within {timeout:g} s")
    reason = of_error(error)
    hint = "; is its service deployed?" if reason.code == "ResourceNotFoundException" else ""
    return CallFailed(
        f"{where} could not be invoked: {reason}{hint}", type_=reason.code, text=reason.text
    )
