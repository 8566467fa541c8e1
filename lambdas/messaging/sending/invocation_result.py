"""The result of a direct invocation: an event, a rejection, or an error.

Lambda responds with status 200 to the invocation of a function that failed, with `FunctionError`
set and the error as JSON (API reference, Invoke).
"""

from typing import Any, Final, TypeVar

import msgspec

from contracts.message import Event
from messaging.errors import CallFailed, CallTimedOut

R = TypeVar("R", bound=Event)

# A function that exceeded its own time limit: the text that Lambda writes, and the types of the
# error: Lambda's, and the runtime's for a handler that exceeded its time limit.
_TIMED_OUT: Final = "Task timed out"
_TIMED_OUT_TYPES: Final = frozenset({"Sandbox.Timedout", CallTimedOut.__name__})
# Characters of an error that does not have Lambda's form.
_MAX_TEXT: Final = 1_000
# The errors of decoding a document that is not JSON, or not of the expected type.
_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)


class Rejected(msgspec.Struct, frozen=True):
    """The invoked function rejected the command; `reason` is the text of its `Reject`."""

    reason: str


def read(where: str, content: bytes, failed: bool, returns: type[R]) -> R | Rejected:
    """Return the result of the function `where`; `content` is the payload of the response.

    Raises CallFailed for an error that the function raised (`failed`), CallTimedOut if that is a
    time-out, and CallFailed for a result that does not fit `returns`.
    """
    if failed:
        raise _raised(where, content)
    try:
        result = msgspec.convert(_unwrapped(where, content), _Result)
        if result.rejected is not None:
            return Rejected(result.rejected)
        # JSON has text keys only.
        return msgspec.convert(result.result, returns, str_keys=True)
    except _UNREADABLE as error:
        text = f"the result of {where} is not a {returns.__name__}: {error}"
        raise CallFailed(text, type_=type(error).__name__, text=str(error)) from error


def _unwrapped(where: str, content: bytes) -> Any:
    """Return the result as a document. Besides this runtime's form, a function may return JSON in a
    text, or the response of an HTTP API.
    """
    document = msgspec.json.decode(content)
    if isinstance(document, str):
        document = msgspec.json.decode(document)
    if not (isinstance(document, dict) and isinstance(document.get("statusCode"), int)):
        return document
    status, body = document["statusCode"], document.get("body")
    if status < 400:
        return {"result": msgspec.json.decode(body or "null") if isinstance(body, str) else body}
    detail = _detail(body)
    if status < 500:
        return {"rejected": detail or f"status {status}"}
    raise CallFailed(f"{where} returned status {status}", type_=str(status), text=detail)


def _detail(body: object) -> str:
    """Return the `detail` of problem details (RFC 9457), "" for any other body."""
    try:
        document = msgspec.json.decode(body) if isinstance(body, str) else body
        return msgspec.convert(document, _Problem).detail
    except _UNREADABLE:
        return ""


def _raised(where: str, content: bytes) -> CallFailed:
    try:
        error = msgspec.json.decode(content, type=_Error)
    except _UNREADABLE:
        # Custom runtimes may write errors in any form.
        error = _Error(content.decode(errors="replace")[:_MAX_TEXT])
    type_, text = error.error_type or "", error.error_message or ""
    timed_out = type_ in _TIMED_OUT_TYPES or _TIMED_OUT in text
    message = f"{where} failed with {type_ or 'an error'}: {text}"
    return (CallTimedOut if timed_out else CallFailed)(message, type_=type_, text=text)


class _Result(msgspec.Struct, frozen=True):
    result: Any = None
    rejected: str | None = None


class _Problem(msgspec.Struct, frozen=True):
    detail: str = ""


class _Error(msgspec.Struct, frozen=True, rename="camel"):
    error_message: str | None = None
    error_type: str | None = None
