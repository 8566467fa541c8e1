"""The log lines and metrics of a batch."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from messaging import Context, HandlerTimedOut, Reject, RequeueFailed, Retry, log
from messaging.consumer.reporting.metrics import COUNTS
from messaging.policy import RetryPolicy
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, record, sent
from messaging.wire.encoding import text
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Killed, accept, consumer_that, fail, instead
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

MakeHarness = Callable[..., ConsumerHarness]
Captured = pytest.CaptureFixture[str]
# CloudWatch user guide, "Specification: Embedded metric format".
MAX_VALUES, MAX_METRICS, MAX_DIMENSIONS = 100, 100, 30


def lines(captured: Captured) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the lines about records, and the one with the metrics."""
    *records, metrics = map(json.loads, captured.readouterr().out.splitlines())
    assert "_aws" in metrics
    assert not any("_aws" in line for line in records)
    return records, metrics


def counts(captured: Captured) -> dict[str, int]:
    """Return the counts that are not zero."""
    metrics = lines(captured)[1]
    return {name: metrics[name] for name in COUNTS if metrics[name]}


# Metrics.


@pytest.mark.parametrize("records", [1, 10, 250])
def test_the_metrics_are_what_cloudwatch_reads(
    make_harness: MakeHarness, capsys: Captured, records: int
) -> None:
    make_harness()
    consumer_that(accept)(
        event(*(sent(OrderPlaced(id=str(n))) for n in range(records))), FakeLambdaContext()
    )

    _, line = lines(capsys)
    assert isinstance(line["_aws"]["Timestamp"], int)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Waystation"
    for dimensions in directive["Dimensions"]:
        assert len(dimensions) <= MAX_DIMENSIONS
        assert all(isinstance(line[name], str) and line[name] for name in dimensions)
    assert len(directive["Metrics"]) <= MAX_METRICS
    assert {metric["Unit"] for metric in directive["Metrics"]} <= {"Count", "Milliseconds"}
    for metric in directive["Metrics"]:
        values = line[metric["Name"]]
        values = values if isinstance(values, list) else [values]
        assert 0 < len(values) <= MAX_VALUES
        assert all(isinstance(value, int | float) for value in values)
    names = {metric["Name"] for metric in directive["Metrics"]}
    assert set(line) == names | {"_aws", *directive["Dimensions"][0]}, "no other fields"
    assert line["Processed"] == records


def refuse(*_: object) -> None:
    raise Reject("no")


@pytest.mark.parametrize(
    ("do", "record", "seconds", "expected"),
    [
        pytest.param(accept, sent(OrderPlaced(id="1")), 30, {"Processed": 1}, id="done"),
        pytest.param(fail, sent(OrderPlaced(id="1")), 30, {"Requeued": 1}, id="failed"),
        pytest.param(refuse, sent(OrderPlaced(id="1")), 30, {"DeadLettered": 1}, id="rejected"),
        pytest.param(accept, record("hello"), 30, {"DeadLettered": 1}, id="invalid"),
        pytest.param(accept, sent(OrderPlaced(id="1")), 0.3, {"Released": 1}, id="too late"),
        pytest.param(
            accept,
            sent(OrderPlaced(id="1"), Header(id="1", hops=17)),
            30,
            {"DeadLettered": 1, "HopLimitReached": 1},
            id="too many hops",
        ),
    ],
)
def test_every_record_is_counted_once_by_its_outcome(
    make_harness: MakeHarness,
    capsys: Captured,
    do: Callable[..., None],
    record: dict[str, Any],
    seconds: float,
    expected: dict[str, int],
) -> None:
    make_harness()
    consumer_that(do)(event(record), FakeLambdaContext(seconds))
    assert counts(capsys) == expected


def test_a_duplicate_is_counted_as_one(make_harness: MakeHarness, capsys: Captured) -> None:
    harness = make_harness(guarantee="lease")
    for _ in range(2):
        harness.send(OrderPlaced(id="1"), Header(id="same"))
        harness.deliver(consumer_that(accept))
        found = counts(capsys)

    assert found == {"Duplicates": 1}


@pytest.mark.parametrize("do", [fail, refuse])
def test_a_copy_that_could_not_be_sent_is_counted_as_returned(
    make_harness: MakeHarness, capsys: Captured, do: Callable[..., None]
) -> None:
    harness = make_harness()
    instead("sqs", "send_message_batch", lambda **_: 1 / 0)
    harness.send(OrderPlaced(id="1"))

    harness.deliver(consumer_that(do))

    line, unsent, metrics = map(json.loads, capsys.readouterr().out.splitlines())
    assert {name: metrics[name] for name in COUNTS if metrics[name]} == {"Returned": 1}
    assert (unsent["code"], unsent["SendFailed"]) == ("ZeroDivisionError", 1)
    assert (line["event"], line["level"]) == ("returned", "ERROR")
    assert line["instead_of"] in {"requeued", "dead-lettered"}
    assert line["code"] == "ZeroDivisionError"


def test_the_age_is_that_of_processed_messages(make_harness: MakeHarness, capsys: Captured) -> None:
    harness = make_harness()
    consumer = consumer_that(lambda order, _: fail() if order.id == "bad" else None)
    harness.send(OrderPlaced(id="bad"))
    harness.send(OrderPlaced(id="good"))

    harness.deliver(consumer)

    (age,) = lines(capsys)[1]["Age"]
    assert 0 <= age < 60_000


def test_without_a_processed_message_there_is_no_age(
    make_harness: MakeHarness, capsys: Captured
) -> None:
    harness = make_harness()
    harness.send(OrderPlaced(id="bad"))
    harness.deliver(consumer_that(fail))

    _, line = lines(capsys)
    assert "Age" not in line
    assert "Age" not in [each["Name"] for each in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]


# Logs.


def test_a_batch_is_written_at_once(
    make_harness: MakeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_harness()
    written: list[str] = []
    monkeypatch.setattr(sys.stdout, "write", written.append)

    consumer_that(accept)(
        event(*(sent(OrderPlaced(id=str(n))) for n in range(10))), FakeLambdaContext()
    )

    (text,) = written
    assert len(text.splitlines()) == 11
    assert text.endswith("\n")


def test_an_empty_batch_writes_nothing(make_harness: MakeHarness, capsys: Captured) -> None:
    make_harness()
    assert consumer_that(accept)(event(), FakeLambdaContext()) == {"batchItemFailures": []}
    assert capsys.readouterr().out == ""


def test_a_line_names_the_message_and_its_outcome(
    make_harness: MakeHarness, capsys: Captured
) -> None:
    make_harness()
    record = sent(OrderPlaced(id="1"), Header(id="m", correlationid="c"))
    consumer_that(fail)(event(record), FakeLambdaContext(request_id="r"))

    ((line,), _) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("durationMs") >= 0
    assert line.pop("ageMs") >= 0
    assert line.pop("errorAt").startswith("doubles.py:")
    assert len(line.pop("fingerprint")) == 12
    assert line == {
        "level": "WARN",
        "event": "requeued",
        "service": "Test",
        "consumer": "work",
        "requestId": "r",
        "messageId": "m",
        "msgTag": "OrderPlaced",
        "correlationId": "c",
        "attempt": 1,
        "delay": 0,
        "errorType": "ConnectionError",
    }


def test_a_line_names_the_cause_of_its_message(make_harness: MakeHarness, capsys: Captured) -> None:
    make_harness()
    caused = Header(id="m", correlationid="c", causationid="the one before")
    consumer_that(accept)(event(sent(OrderPlaced(id="1"), caused)), FakeLambdaContext())

    ((line,), _) = lines(capsys)
    assert line["causationId"] == "the one before"


@pytest.mark.parametrize(
    ("do", "event_name", "level"),
    [
        pytest.param(accept, "processed", "INFO", id="done"),
        pytest.param(fail, "requeued", "WARN", id="failed"),
        pytest.param(refuse, "dead-lettered", "ERROR", id="rejected"),
    ],
)
def test_the_level_depends_on_the_outcome(
    make_harness: MakeHarness,
    capsys: Captured,
    do: Callable[..., None],
    event_name: str,
    level: str,
) -> None:
    make_harness()
    consumer_that(do)(event(sent(OrderPlaced(id="1"))), FakeLambdaContext())

    ((line,), _) = lines(capsys)
    assert (line["event"], line["level"]) == (event_name, level)


def fail_with_body(order: OrderPlaced, context: Context) -> None:
    raise ValueError(f"cannot pack {order} {context.body}")


def reject_with_body(order: OrderPlaced, _: Context) -> None:
    raise Reject(f"no {order}")


def retry_with_body(order: OrderPlaced, _: Context) -> None:
    raise Retry(f"later {order}", delay=5)


def time_out_with_body(order: OrderPlaced, _: Context) -> None:
    raise HandlerTimedOut(f"late {order}")


def publish_body(order: OrderPlaced, context: Context) -> None:
    context.publish(OrderPacked(id=order.id, note=context.body))


@pytest.mark.parametrize(
    "do",
    [accept, fail_with_body, reject_with_body, retry_with_body, time_out_with_body, publish_body],
)
def test_no_line_quotes_a_message(
    make_harness: MakeHarness, capsys: Captured, do: Callable[..., None]
) -> None:
    make_harness(publishes=(OrderPacked,), retry=RetryPolicy(max_attempts=2, base=0))
    secret = sent(OrderPlaced(id="s3cret", country="s3cret", tags=("s3cret",)))
    secret["messageAttributes"]["token"] = {"dataType": "String", "stringValue": "s3cret"}
    broken = record('{"id":"s3cret","total":"s3cret"}', {"msgTag": text("OrderPlaced")})

    consumer_that(do)(event(secret, broken), FakeLambdaContext())

    captured = capsys.readouterr()
    assert captured.out
    assert "s3cret" not in captured.out + captured.err


@pytest.mark.parametrize("do", [fail, refuse])
def test_what_aws_says_of_a_copy_is_not_in_the_log(
    make_harness: MakeHarness, capsys: Captured, do: Callable[..., None]
) -> None:
    """It may quote the message; Lambda logs the text of the error that leaves the function."""
    harness = make_harness(on_requeue_failure="raise")
    quoting = {"Code": "InvalidMessageContents", "Message": "s3cret"}
    instead(
        "sqs",
        "send_message_batch",
        lambda **call: {"Failed": [{**quoting, "Id": each["Id"]} for each in call["Entries"]]},
    )
    harness.send(OrderPlaced(id="1"))

    with pytest.raises(RequeueFailed, match="InvalidMessageContents") as raised:
        harness.deliver(consumer_that(do))

    assert "s3cret" not in capsys.readouterr().out + str(raised.value)


def test_an_error_that_cannot_be_printed_is_an_error_like_any_other(
    make_harness: MakeHarness,
) -> None:
    """It must not fail its batch."""

    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError("never")

    harness = make_harness(retry=RetryPolicy(max_attempts=2, base=0))
    harness.send(OrderPlaced(id="1"))

    def handle(*_: object) -> None:
        raise Odd

    harness.run_until_idle(consumer_that(handle))

    (letter,) = harness.dead_letters()
    assert "Odd: (the error has no readable text)" in letter.reason


@pytest.mark.parametrize("error", [ValueError, Reject, Retry, KeyError])
def test_an_error_with_lone_surrogates_is_an_error_like_any_other(
    make_harness: MakeHarness, error: type[Exception]
) -> None:
    """File names may contain lone surrogates, which JSON and SQS refuse."""
    harness = make_harness(retry=RetryPolicy(max_attempts=2, base=0))
    harness.send(OrderPlaced(id="1"))

    def handle(*_: object) -> None:
        raise error("a\udcffb\x00\uffff")

    harness.run_until_idle(consumer_that(handle))

    (letter,) = harness.dead_letters()
    assert "a" in letter.reason


def test_a_copy_has_the_trace_header_of_its_message(make_harness: MakeHarness) -> None:
    harness = make_harness()
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
    record = sent(OrderPlaced(id="1"), system={"AWSTraceHeader": trace})

    consumer_that(fail)(event(record), FakeLambdaContext())

    (copy,) = harness.requeued()
    assert copy["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"] == trace


@pytest.mark.parametrize(
    ("write", "level"), [(log.info, "INFO"), (log.warning, "WARN"), (log.error, "ERROR")]
)
def test_a_field_of_any_type_can_be_logged(
    write: Callable[..., None], level: str, capsys: Captured
) -> None:
    write("hello", path=Killed("x"), number=1)

    line = capsys.readouterr().out
    timestamp = json.loads(line)["timestamp"]
    assert line == (
        f'{{"timestamp":"{timestamp}","level":"{level}","event":"hello","path":"x","number":1}}\n'
    )
