"""An exception as text, for logs and dead letters."""

from typing import Final

import msgspec

_MAX_TEXT: Final = 1_000
_MAX_FRAMES: Final = 12


class Failure(msgspec.Struct, frozen=True):
    """A description of an error. `fingerprint` is equal for failures of one kind."""

    type: str
    message: str
    stack: tuple[str, ...]
    fingerprint: str


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
    return Failure(name, error_text(error)[:_MAX_TEXT], tuple(places), digest)


def error_text(error: BaseException) -> str:
    """Return `str(error)` as valid Unicode, also if `__str__` raises."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the error is reported even if its text cannot be
        text = "(the error has no readable text)"
    # File names and input may contain lone surrogates, which UTF-8 cannot encode.
    return text.encode(errors="replace").decode()
