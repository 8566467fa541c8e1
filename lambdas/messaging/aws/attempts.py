"""The attempts of a call: the SDK repeats a call that failed, and returns the last response only.

AWS may have acted on an attempt that ended without a response, even if it refuses the next one.
"""

from collections.abc import Mapping
from typing import Any, Final

# A key in the context of a call and in the metadata of its response.
_IN_DOUBT: Final = "WaystationInDoubt"
_SERVER_ERROR: Final = 500


def watch(client: Any) -> None:
    """Let `in_doubt` and `may_have_been_done` know of all attempts of the client's calls."""
    events = client.meta.events
    events.register("needs-retry", _attempt)
    events.register("after-call", _response)
    events.register("after-call-error", _error)


def in_doubt(response: Mapping[str, Any]) -> bool:
    """Whether AWS may have acted on the call although its response is a refusal."""
    metadata = response.get("ResponseMetadata", {})
    return bool(metadata.get(_IN_DOUBT)) or metadata.get("HTTPStatusCode", 0) >= _SERVER_ERROR


def may_have_been_done(error: Exception) -> bool:
    """Whether AWS may have acted on a call that raised `error`. For a ClientError, a response, see
    `in_doubt`.
    """
    from botocore import exceptions

    before_the_call = (
        exceptions.ConnectTimeoutError,
        exceptions.EndpointConnectionError,
        exceptions.ProxyConnectionError,
        exceptions.ParamValidationError,
        exceptions.NoCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.NoRegionError,
    )
    refused = isinstance(error, (exceptions.ClientError, *before_the_call))
    return getattr(error, _IN_DOUBT, False) or not refused


def _attempt(
    response: Any, caught_exception: Exception | None, request_dict: dict[str, Any], **_: object
) -> None:
    """Note an attempt on which AWS may have acted."""
    if caught_exception is not None:
        doubt = may_have_been_done(caught_exception)
    else:
        doubt = response[0].status_code >= _SERVER_ERROR
    if doubt:
        request_dict["context"][_IN_DOUBT] = True


def _response(parsed: dict[str, Any], context: Mapping[str, Any], **_: object) -> None:
    if context.get(_IN_DOUBT):
        parsed.setdefault("ResponseMetadata", {})[_IN_DOUBT] = True


def _error(exception: Exception, context: Mapping[str, Any], **_: object) -> None:
    if context.get(_IN_DOUBT):
        setattr(exception, _IN_DOUBT, True)
