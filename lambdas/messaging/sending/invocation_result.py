"""What a function that was invoked has answered: its result, a refusal, or an error.

Lambda answers 200 to a call whose function failed, with `FunctionError` set and the error as JSON
(API reference, Invoke).
"""

from typing import Any, Final, TypeVar

import msgspec

from contracts.message import Event
from messaging.errors import CallFailed, CallTimedOut

R = TypeVar("R", bound=Event)

# Of a function that ran past its own time limit: what Lambda writes, and the types of the error,
# Lambda's and, of a handler that ran past its time, the runtime's.
_TIMED_OUT: Final = "Task timed out"
_TIMED_OUT_TYPES: Final = frozenset({"Sandbox.Timedout", CallTimedOut.__name__})
# Characters of an error that has another form than Lambda's.
_MAX_TEXT: Final = 1_000
# What decoding raises of a document that is none, or another one.
_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)


class Rejected(msgspec.Struct, frozen=True):
    """The function refused what it was asked; `reason` is what its handler rejected it with."""

    reason: str


def read(where: str, content: bytes, failed: bool, returns: type[R]) -> R | Rejected:
    """Return what the function `where` answered; raises CallFailed for an error it raised, and for
    an answer that is none.
    """
    if failed:
        raise _raised(where, content)
    try:
        answer = msgspec.convert(_unwrapped(where, content), _Answer)
        if answer.rejected is not None:
            return Rejected(answer.rejected)
        # JSON has no other keys than texts.
        return msgspec.convert(answer.result, returns, str_keys=True)
    except _UNREADABLE as error:
        text = f"{where} answered what is no {returns.__name__}: {error}"
        raise CallFailed(text, type_=type(error).__name__, text=str(error)) from error


def _unwrapped(where: str, content: bytes) -> Any:
    """Return the answer as a document, also of a function that answers like the one of an API, or
    with JSON in a text.
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
    raise CallFailed(f"{where} answered with status {status}", type_=str(status), text=detail)


def _detail(body: object) -> str:
    """Return what problem details (RFC 9457) say; the body of an error may be anything."""
    try:
        document = msgspec.json.decode(body) if isinstance(body, str) else body
        return msgspec.convert(document, _Problem).detail
    except _UNREADABLE:
        return ""


def _raised(where: str, content: bytes) -> CallFailed:
    try:
        error = msgspec.json.decode(content, type=_Error)
    except _UNREADABLE:
        # A runtime may write of an error whatever it likes.
        error = _Error(content.decode(errors="replace")[:_MAX_TEXT])
    type_, text = error.error_type or "", error.error_message or ""
    late = type_ in _TIMED_OUT_TYPES or _TIMED_OUT in text
    told = f"{where} failed with {type_ or 'an error'}: {text}"
    return (CallTimedOut if late else CallFailed)(told, type_=type_, text=text)


class _Answer(msgspec.Struct, frozen=True):
    result: Any = None
    rejected: str | None = None


class _Problem(msgspec.Struct, frozen=True):
    detail: str = ""


class _Error(msgspec.Struct, frozen=True, rename="camel"):
    error_message: str | None = None
    error_type: str | None = None
