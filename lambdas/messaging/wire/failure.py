"""An exception as text, for logs and dead letters."""

from typing import Final

import msgspec

_MAX_TEXT: Final = 1_000
_MAX_FRAMES: Final = 12
# In AWS's text of a denied call; the action, e.g. "SNS:Publish", follows.
_DENIED: Final = r"is not authorized to perform: ([A-Za-z0-9-]{1,40}:[A-Za-z]{1,80})\b"


class Failure(msgspec.Struct, frozen=True):
    """A description of an error. `fingerprint` is equal for failures of one kind; `denied` is the
    IAM action that AWS denied, if that is what failed.
    """

    type: str
    message: str
    stack: tuple[str, ...]
    fingerprint: str
    denied: str | None = None

    @property
    def log_fields(self) -> dict[str, str]:
        """What a log line says beside the type: nothing that may quote the message."""
        kind = {"fingerprint": self.fingerprint}
        return {**kind, "denied": self.denied} if self.denied else kind


def failure_of(error: BaseException) -> Failure:
    """Return the type, the message, the last 12 frames of the stack, and the fingerprint."""
    # Imported here: a cold start without failures does not need them.
    import hashlib
    import traceback

    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    names = [(frame.filename.rpartition("/")[2], frame) for frame in frames]
    places = [f"{file}:{frame.lineno} {frame.name}" for file, frame in names]
    # Without line numbers, so that a failure keeps its fingerprint across deployments.
    path = [f"{file} {frame.name}" for file, frame in names]
    name = type(error).__qualname__
    digest = hashlib.sha256("\n".join([name, *path]).encode()).hexdigest()[:12]
    return Failure(
        name, error_text(error)[:_MAX_TEXT], tuple(places), digest, denied=_denied(error)
    )


def _denied(error: BaseException | None) -> str | None:
    """Return the action that AWS denied, from the text of the error or of one behind it."""
    import re

    while error is not None:
        if found := re.search(_DENIED, error_text(error)):
            return found[1]
        error = error.__cause__
    return None


def error_text(error: BaseException) -> str:
    """Return `str(error)` as valid Unicode, also if `__str__` raises."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the error is reported even if its text cannot be
        text = "(the error has no readable text)"
    # File names and input may contain lone surrogates, which UTF-8 cannot encode.
    return text.encode(errors="replace").decode()
