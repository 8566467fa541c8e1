"""The explanation that a dead letter carries."""

from datetime import datetime
from typing import Final

import msgspec

from messaging.consumer.model.outcome import Cause

_MAX_TEXT: Final = 1_000
_MAX_FRAMES: Final = 12


class FailureInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Why a message is dead, for the person who finds it; the JSON of the attribute `deadLetter`.

    `fingerprint` is the same for failures of one kind: the error's type and the functions it passed
    through. `attributes` holds those of the message that had no room beside this one. `explains` is
    the id of the message that this one explains, where the message itself was too large to carry
    its explanation.
    """

    reason: str
    cause: Cause
    error_type: str | None = None
    error_message: str | None = None
    stack: tuple[str, ...] = ()
    fingerprint: str | None = None
    service: str
    consumer: str
    message_id: str
    attempts: int
    first_received: datetime
    dead_lettered: datetime
    request_id: str
    attributes: dict[str, dict[str, str]] = {}
    explains: str | None = None

    def shorter(self) -> "FailureInfo":
        """Return it without the stack, reason and error message cut to a line."""
        message = self.error_message and self.error_message[:100]
        return msgspec.structs.replace(
            self, stack=(), reason=self.reason[:200], error_message=message
        )


class Failure(msgspec.Struct, frozen=True):
    """An error in the words of an explanation."""

    type: str
    message: str
    stack: tuple[str, ...]
    fingerprint: str


def failure_of(error: BaseException) -> Failure:
    """Describe an error: its type, message, the last frames of its stack, and its fingerprint."""
    # Here, since a cold start without failures does well without them.
    import hashlib
    import traceback

    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    names = [(frame.filename.rpartition("/")[2], frame) for frame in frames]
    places = [f"{file}:{frame.lineno} {frame.name}" for file, frame in names]
    # Without line numbers, so that a failure keeps its fingerprint across deployments.
    path = [f"{file} {frame.name}" for file, frame in names]
    name = type(error).__qualname__
    digest = hashlib.sha256("\n".join([name, *path]).encode()).hexdigest()[:12]
    return Failure(name, error_text(error)[:_MAX_TEXT], tuple(places), digest)


def error_text(error: BaseException) -> str:
    """Return what an error says as text that JSON can hold, whatever its author did."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an error that cannot be printed is an error all the same
        text = "(its text cannot be had)"
    # File names and input may bring half characters (surrogates), which are no Unicode.
    return text.encode(errors="replace").decode()
