"""An exception as text that logs and dead letters can hold."""

from typing import Final

import msgspec

_MAX_TEXT: Final = 1_000
_MAX_FRAMES: Final = 12


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
