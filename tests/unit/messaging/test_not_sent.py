"""Why a message was not sent: AWS's code, and whether the message may have left."""

from typing import Any

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from messaging.aws import batch_calls
from messaging.aws.not_sent import NotSent, of_error

URL = {"endpoint_url": "https://sns", "error": "refused"}


def answer(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "PublishBatch")


@pytest.mark.parametrize(
    ("error", "code", "may_have_left"),
    [
        (answer("Throttled", 400), "Throttled", False),
        (answer("AuthorizationError", 403), "AuthorizationError", False),
        (answer("NotFound", 404), "NotFound", False),
        (answer("InternalError", 500), "InternalError", True),
        (answer("ServiceUnavailable", 503), "ServiceUnavailable", True),
        (ClientError({}, "PublishBatch"), "unknown", False),
        (exceptions.ReadTimeoutError(**URL), "ReadTimeoutError", True),
        (exceptions.ConnectionClosedError(**URL), "ConnectionClosedError", True),
        (exceptions.HTTPClientError(**URL), "HTTPClientError", True),
        (exceptions.ConnectTimeoutError(**URL), "ConnectTimeoutError", False),
        (exceptions.EndpointConnectionError(**URL), "EndpointConnectionError", False),
        (exceptions.ParamValidationError(report="?"), "ParamValidationError", False),
        (exceptions.NoCredentialsError(), "NoCredentialsError", False),
        (ConnectionResetError("gone"), "ConnectionResetError", True),
        (RuntimeError("?"), "RuntimeError", True),
    ],
)
def test_an_error_has_a_code_and_may_have_left_a_message(
    error: Exception, code: str, may_have_left: bool
) -> None:
    reason = of_error(error)
    assert (reason.code, reason.may_have_left) == (code, may_have_left)


def test_a_refused_entry_has_awss_code_and_did_not_leave() -> None:
    failed = {"Id": "1", "Code": "InternalError", "Message": "later"}

    unsent = batch_calls.send([{}, {}], lambda _: {"Failed": [failed]})

    assert unsent == {1: NotSent("InternalError", "later")}
    assert str(unsent[1]) == "InternalError: later"
    assert not unsent[1].may_have_left
