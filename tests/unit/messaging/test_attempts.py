"""A call that AWS refuses may have left with an earlier attempt of the SDK."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from messaging.aws import batch_calls, clients as aws
from messaging.aws.not_sent import NotSent

# A response, or the class of an error.
Attempt = tuple[int, str] | type[ConnectTimeoutError | ReadTimeoutError]

REFUSED_ENTRY = """<PublishBatchResponse><PublishBatchResult><Successful/><Failed><member><Id>0</Id>
<Code>InternalError</Code></member></Failed></PublishBatchResult></PublishBatchResponse>"""
URL = "https://sns"

NO_RESPONSE = ReadTimeoutError
NO_CONNECTION = ConnectTimeoutError
# The SDK repeats the first one, and not the other.
THROTTLED = (400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>")
NOT_FOUND = (404, "<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>")


class Body:
    """The body of a response."""

    def __init__(self, text: str) -> None:
        """Hold the text."""
        self._text = text.encode()

    def stream(self, **_: object) -> Any:
        """Yield the body."""
        yield self._text


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Callable[..., NotSent]:
    """Return a function that publishes one entry, whose attempts end as given."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)

    def call(*attempts: Attempt) -> NotSent:
        left = iter(attempts)

        def before_send(**_: object) -> AWSResponse:
            attempt = next(left)
            if isinstance(attempt, type):
                raise attempt(endpoint_url=URL)
            return AWSResponse(URL, attempt[0], HTTPHeaders(), Body(attempt[1]))

        client = aws.client("sns")
        client.meta.events.register_first("before-send.sns.PublishBatch", before_send)
        topic = "arn:aws:sns:eu-central-1:123456789012:out"
        unsent = batch_calls.send(
            [{"Message": "hello"}],
            lambda entries: client.publish_batch(
                TopicArn=topic, PublishBatchRequestEntries=entries
            ),
        )
        assert next(left, None) is None, "every attempt is made"
        return unsent[0]

    return call


@pytest.mark.parametrize(
    ("attempts", "code", "may_have_left"),
    [
        (((200, REFUSED_ENTRY),), "InternalError", False),
        ((THROTTLED,) * 4, "Throttling", False),
        ((NO_CONNECTION, NO_CONNECTION, NOT_FOUND), "NotFound", False),
        ((NO_CONNECTION,) * 4, "ConnectTimeoutError", False),
        ((NO_RESPONSE, NOT_FOUND), "NotFound", True),
        ((NO_RESPONSE, THROTTLED, THROTTLED, THROTTLED), "Throttling", True),
        ((THROTTLED, (503, ""), NOT_FOUND), "NotFound", True),
        ((NO_RESPONSE, (200, REFUSED_ENTRY)), "InternalError", True),
        ((NO_RESPONSE, NO_CONNECTION, NO_CONNECTION, NO_CONNECTION), "ConnectTimeoutError", True),
        ((NO_RESPONSE,) * 4, "ReadTimeoutError", True),
        (((500, ""),) * 4, "500", True),
    ],
)
def test_a_refusal_is_certain_only_if_every_attempt_was_refused(
    publish: Callable[..., NotSent],
    attempts: tuple[Attempt, ...],
    code: str,
    may_have_left: bool,
) -> None:
    reason = publish(*attempts)
    assert (reason.code, reason.may_have_left) == (code, may_have_left)
