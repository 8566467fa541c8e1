"""Why a message did not leave, and whether that is certain."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from messaging.aws import attempts


class NotSent(Struct, frozen=True):
    """Why a message was not sent.

    `code` is AWS's error code, e.g. "Throttled", or the class of the error where AWS gave none.
    `may_have_left` is False only if the message is known not to have left.
    """

    code: str
    text: str = ""
    may_have_left: bool = False

    def __str__(self) -> str:
        """Return code and text."""
        return f"{self.code}: {self.text}" if self.text else self.code


def refused(entry: Mapping[str, Any], response: Mapping[str, Any]) -> NotSent:
    """Return why AWS refused an entry of a batch; `response` is the batch's."""
    code, text = str(entry.get("Code", "unknown")), str(entry.get("Message", ""))
    return NotSent(code, text, attempts.in_doubt(response))


def of_error(error: Exception) -> NotSent:
    """Return why a call failed. AWS may have acted on a call, or on an earlier attempt of the SDK,
    that ended without a response or with a server error.
    """
    # Imported here: only failures need it.
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        code, text = details.get("Code", "unknown"), details.get("Message", "")
        return NotSent(code, text, attempts.in_doubt(error.response))
    return NotSent(type(error).__name__, str(error), attempts.may_have_been_done(error))
