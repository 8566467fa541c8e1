"""A message that was not sent: one log line and one metric by code, and an error that says why."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from messaging import PublishFailed
from messaging.errors import MessagingError
from messaging.settings import settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from messaging.wire.header import Header
from tests.unit.messaging.doubles import consumer_that, instead
from tests.unit.messaging.orders import OrderPacked, OrderPlaced, publish_now
from tests.unit.messaging.requesting_service import no_response

MakeHarness = Callable[..., ConsumerHarness]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def harness(make_harness: MakeHarness) -> ConsumerHarness:
    return make_harness(publishes=(OrderPacked,))


def refuse(**params: Any) -> dict[str, Any]:
    entries = params.get("Entries") or params["PublishBatchRequestEntries"]
    return {
        "Failed": [{"Id": each["Id"], "Code": "Throttled", "Message": "slow"} for each in entries]
    }


def written(captured: Captured) -> list[dict[str, Any]]:
    """Return the lines that tell of messages that were not sent, and their metrics."""
    lines = [json.loads(line) for line in captured.readouterr().out.splitlines()]
    return [
        line for line in lines if "SendFailed" in line or line.get("event") == "message not sent"
    ]


def from_consumer() -> None:
    consumer = consumer_that(lambda order, context: context.publish(OrderPacked(id=order.id)))
    consumer(event(sent(OrderPlaced(id="1"), Header(id="m"))), FakeLambdaContext())


def from_api() -> None:
    with pytest.raises(PublishFailed):
        publish_now(OrderPacked(id="1"))


@pytest.mark.parametrize("send", [from_consumer, from_api])
def test_it_is_one_line_and_one_metric_by_code(
    harness: ConsumerHarness, capsys: Captured, send: Callable[[], None]
) -> None:
    instead("sns", "publish_batch", refuse)

    send()

    line, metric = written(capsys)
    assert line.pop("timestamp")
    assert line.pop("messageId")
    assert line == {
        "level": "WARN",
        "event": "message not sent",
        "service": "Test",
        "msgTag": "OrderPacked",
        "address": settings().msg_out_arn,
        "code": "Throttled",
        "mayHaveLeft": False,
    }
    (directive,) = metric.pop("_aws")["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "Waystation",
        "Dimensions": [["stage", "service", "code"]],
        "Metrics": [{"Name": "SendFailed", "Unit": "Count"}],
    }
    assert metric == {"stage": "test", "service": "Test", "code": "Throttled", "SendFailed": 1}


def test_a_batch_that_was_sent_writes_no_such_line(
    harness: ConsumerHarness, capsys: Captured
) -> None:
    from_consumer()
    publish_now(OrderPacked(id="1"))
    assert written(capsys) == []


@pytest.mark.parametrize(
    ("call", "code", "text", "may_have_left"),
    [(refuse, "Throttled", "slow", False), (no_response, "ReadTimeoutError", "Read", True)],
)
def test_the_error_says_why_and_whether_the_message_may_have_left(
    harness: ConsumerHarness, call: Any, code: str, text: str, may_have_left: bool
) -> None:
    instead("sns", "publish_batch", call)

    with pytest.raises(PublishFailed, match=code) as caught:
        publish_now(OrderPacked(id="1"))

    error = caught.value
    assert (error.code, error.may_have_left) == (code, may_have_left)
    assert error.text.startswith(text)
    assert error.message_id in str(error)


def test_an_error_without_a_reason_leaves_open_whether_the_message_left() -> None:
    assert (PublishFailed().code, PublishFailed().may_have_left) == ("", True)
    assert isinstance(PublishFailed(), MessagingError)


def test_copies_that_cannot_be_sent_are_counted_by_code(
    harness: ConsumerHarness, capsys: Captured
) -> None:
    instead("sns", "publish_batch", refuse)
    instead("sqs", "send_message_batch", refuse)

    from_consumer()

    assert [line["SendFailed"] for line in written(capsys) if "SendFailed" in line] == [1, 1], (
        "the message, and the copy of the message that was handled"
    )
