"""Why a message did not leave, and whether that is certain."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

# A response of AWS without a status does not occur outside tests.
_REFUSED: Final = 400
_SERVER_ERROR: Final = 500


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


def refused(entry: Mapping[str, Any]) -> NotSent:
    """Return why AWS refused an entry of a batch."""
    return NotSent(str(entry.get("Code", "unknown")), str(entry.get("Message", "")))


def of_error(error: Exception) -> NotSent:
    """Return why a call failed. AWS may have acted on a call that ended without a response, or with
    a server error.
    """
    # Imported here: only failures need it.
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _REFUSED)
        return NotSent(
            details.get("Code", "unknown"), details.get("Message", ""), status >= _SERVER_ERROR
        )
    return NotSent(type(error).__name__, str(error), not _before_the_call(error))


def _before_the_call(error: Exception) -> bool:
    """Whether the error occurs only while nothing has been sent yet."""
    from botocore import exceptions

    return isinstance(
        error,
        exceptions.ConnectTimeoutError
        | exceptions.EndpointConnectionError
        | exceptions.ProxyConnectionError
        | exceptions.ParamValidationError
        | exceptions.NoCredentialsError
        | exceptions.CredentialRetrievalError
        | exceptions.NoRegionError,
    )
