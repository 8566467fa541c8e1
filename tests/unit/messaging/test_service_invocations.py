"""A function invoked by another service: the event that its handler returns is the result."""

import json
import math
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec
import pytest

from contracts import Command, Event
from messaging import (
    CallTimedOut,
    Consumer,
    Context,
    Function,
    InvalidMessage,
    MessageLimitExceeded,
    PublishFailed,
    Reject,
    Retry,
)
from messaging.settings import HOP_LIMIT, ConsumerSettings, Settings, settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from tests.conftest import Configure
from tests.unit.messaging.orders import OrderPacked
from tests.unit.messaging.requesting_service import ReserveStock, StockReserved, header_of

Do = Callable[[ReserveStock, Context], Event | None]
# Personal data.
SECRET = "anna@example.org"


class Shelves(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Shelves"

    by_number: dict[int, float]


class Lost(Command, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Lost"


def stock(do: Do, kind: type[Function] = Function) -> Function:
    function = kind()
    function.on(ReserveStock)(do)
    function.on(Lost)(lambda *_: None)
    return function


def reserve(command: ReserveStock, _: Context) -> StockReserved:
    return StockReserved(order=command.order, shelf=command.pieces)


def payload(order: object = "1", **more: object) -> dict[str, Any]:
    return {"msgTag": "ReserveStock", "body": {"order": order, "pieces": 7}, **more}


def invoke(function: Function, event: Any = None, *, seconds: float = 30) -> Any:
    """Return the result as Lambda encodes it."""
    event = payload() if event is None else event
    return json.loads(json.dumps(function(event, FakeLambdaContext(seconds))))


def invocable(*tags: str, **more: Any) -> Settings:
    return Settings(
        stage="test", service="Stock", msg_out_arn="", invocable=tags or ("ReserveStock",), **more
    )


@pytest.fixture(autouse=True)
def _deployed(configure: Configure) -> None:
    configure(invocable())


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    """A function that has a queue, too, and may publish."""
    return ConsumerHarness(publishes=(StockReserved, OrderPacked), invocable=(ReserveStock,))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


either = pytest.mark.parametrize("kind", [Function, Consumer])


# Results.


@either
def test_a_payload_needs_no_more_than_a_tag_and_a_body(kind: type[Function]) -> None:
    result = invoke(stock(reserve, kind), {"msgTag": "ReserveStock", "body": {"order": "1"}})
    assert result == {"result": {"order": "1", "shelf": 1}}


@either
def test_the_result_of_a_handler_that_returns_nothing_is_null(kind: type[Function]) -> None:
    assert invoke(stock(lambda *_: None, kind)) == {"result": None}


@either
def test_a_rejection_is_a_result(kind: type[Function]) -> None:
    def refuse(*_: object) -> None:
        raise Reject("sold out: \ud800")

    assert invoke(stock(refuse, kind)) == {"rejected": "sold out: ?"}


def test_a_rejection_is_an_error_if_the_caller_does_not_wait(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Returned, it would be a success for Lambda, and the invocation would be lost."""

    def refuse(*_: object) -> None:
        raise Reject("no")

    with pytest.raises(Reject, match="no"):
        invoke(stock(refuse), payload(later=True))
    assert [(line["event"], line["level"]) for line in lines(capsys)] == [
        ("invocation rejected", "ERROR")
    ]


def test_a_result_has_the_types_of_json() -> None:
    shelves = Shelves(by_number={1: 0.5, 2: math.nan})
    result = stock(lambda *_: shelves)(payload(), FakeLambdaContext())
    assert result == {"result": {"by_number": {"1": 0.5, "2": None}}}


def test_one_handler_serves_invocations_and_a_queue(harness: ConsumerHarness) -> None:
    consumer = stock(reserve, Consumer)
    assert isinstance(consumer, Consumer)

    assert invoke(consumer) == {"result": {"order": "1", "shelf": 7}}
    assert harness.published() == [], "the result is for the caller only"

    harness.send(ReserveStock(order="2"))
    harness.deliver(consumer)
    (published,) = harness.published()
    assert published.read(StockReserved) == StockReserved(order="2", shelf=1)


def test_the_context_has_sender_and_header_of_the_payload() -> None:
    seen: list[object] = []

    def look(_: ReserveStock, context: Context) -> None:
        seen.extend(
            [context.message_id, context.correlation_id, context.from_service, context.attempt]
        )
        seen.extend([context.request_service, json.loads(context.body)["extra"]])

    event = payload(
        fromService="Shop",
        header={"id": "m", "correlationid": "c", "requestservices": ["Web", "Shop"]},
        body={"order": "1", "extra": True},
    )
    invoke(stock(look), event)

    assert seen == ["m", "c", "Shop", 1, "Shop", True]


def test_a_payload_without_a_header_has_the_id_of_its_invocation() -> None:
    seen: list[object] = []

    def look(_: ReserveStock, context: Context) -> None:
        seen.extend([context.message_id, context.correlation_id, context.from_service])

    stock(look)(payload(), FakeLambdaContext(request_id="3f1b"))

    assert seen == ["3f1b", "3f1b", None]


def test_the_context_has_the_remaining_time() -> None:
    seen: list[float] = []
    invoke(stock(lambda _, context: seen.append(context.remaining())), seconds=10)
    assert 8 < seen[0] <= 8.5


# What is not accepted.


@either
def test_a_handler_alone_makes_no_message_invocable(kind: type[Function]) -> None:
    with pytest.raises(InvalidMessage, match="with 'Lost'; it accepts ReserveStock"):
        invoke(stock(reserve, kind), {"msgTag": "Lost", "body": {}})


@either
def test_a_declaration_alone_makes_no_message_invocable(
    kind: type[Function], configure: Configure
) -> None:
    configure(invocable("ReserveStock", "Found"))
    with pytest.raises(InvalidMessage, match="cannot be invoked with 'Found'"):
        invoke(stock(reserve, kind), {"msgTag": "Found", "body": {}})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"order": 5}, r"Expected `str`, got `int` - at `\$\.order`"),
        ({}, "missing required field `order`"),
        ({"order": "1", "pieces": "7"}, r"\$\.pieces"),
        ([], "Expected `object`, got `array`"),
        (None, "Expected `object`, got `null`"),
        ("1", "Expected `object`, got `str`"),
        ({"order": "\ud800"}, "cannot be written as JSON"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_its_field(body: object, error: str) -> None:
    with pytest.raises(InvalidMessage, match=error):
        invoke(stock(reserve), payload(body=body))


NONSENSE: dict[str, Any] = {
    "empty": {},
    "no body": {"msgTag": "ReserveStock"},
    "no tag": {"body": {}},
    "a tag that is no text": {"msgTag": 5, "body": {}},
    "a sender that is no text": {"msgTag": "ReserveStock", "body": {}, "fromService": 5},
    "a header without an id": {"msgTag": "ReserveStock", "body": {}, "header": {}},
    "an empty id": {"msgTag": "ReserveStock", "body": {}, "header": {"id": ""}},
    "a schedule": {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
    "a bucket": {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": "a"}}}]},
    "a topic": {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "{}"}}]},
    "records of nothing": {"Records": ["a"]},
    "records that are no list": {"Records": {}},
    "a REST API": {"requestContext": {"requestId": "r", "httpMethod": "GET"}},
    "a socket": {"requestContext": {"connectionId": "c"}},
    "a list": [],
    "a text": "Records and requestContext",
    "a number": 5,
    "null": None,
}


@either
@pytest.mark.parametrize("event", NONSENSE.values(), ids=NONSENSE)
def test_an_event_of_any_other_kind_is_refused(kind: type[Function], event: Any) -> None:
    with pytest.raises(InvalidMessage):
        stock(reserve, kind)(event, FakeLambdaContext())


def test_a_function_accepts_no_batch() -> None:
    with pytest.raises(InvalidMessage, match="no batch from SQS"):
        stock(reserve)(event(sent(ReserveStock(order="1"))), FakeLambdaContext())


@pytest.mark.parametrize("name", ["a bucket", "a topic", "records of nothing"])
def test_a_consumer_accepts_no_records_of_another_aws_service(
    harness: ConsumerHarness, name: str
) -> None:
    mixed = {"Records": [sent(ReserveStock(order="1")), *NONSENSE[name]["Records"]]}
    with pytest.raises(InvalidMessage, match="not a batch from SQS"):
        stock(reserve, Consumer)(mixed, FakeLambdaContext())
    assert harness.published() == []


def test_a_consumer_with_the_settings_of_a_function_accepts_no_batch() -> None:
    with pytest.raises(InvalidMessage, match="settings are not those of a consumer"):
        stock(reserve, Consumer)(event(sent(ReserveStock(order="1"))), FakeLambdaContext())


# Failures.


@pytest.mark.parametrize("error", [LookupError(SECRET), Retry(SECRET, delay=5)])
def test_a_failure_is_raised_to_the_caller_and_the_log_has_its_kind(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    with pytest.raises(type(error), match=SECRET):
        invoke(stock(fail), payload(header={"id": "m", "correlationid": "c"}))

    (line,) = lines(capsys)
    assert (line["event"], line["level"]) == ("invocation failed", "ERROR")
    assert line["errorType"] == type(error).__name__
    assert len(line["fingerprint"]) == 12
    assert (line["messageId"], line["correlationId"], line["msgTag"]) == ("m", "c", "ReserveStock")
    assert (line["service"], line["requestId"]) == ("Stock", "request-1")


@pytest.mark.parametrize("later", [False, True], ids=["a caller waits", "none waits"])
def test_the_frames_of_an_error_are_in_the_log_and_not_in_the_result(
    later: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lambda returns the frames of what it catches; without a caller they go to a queue."""

    def fail(*_: object) -> None:
        raise LookupError

    with pytest.raises(LookupError) as caught:
        invoke(stock(fail), payload(later=later))

    frames = [each.name for each in traceback.extract_tb(caught.value.__traceback__)]
    assert ("fail" in frames) is later
    (line,) = lines(capsys)
    assert line["stack"][-1].endswith(" fail")


@pytest.mark.parametrize(
    ("do", "logged"),
    [
        pytest.param(reserve, "invocation succeeded", id="succeeded"),
        pytest.param(lambda *_: _refuse(), "invocation rejected", id="rejected"),
    ],
)
def test_nothing_personal_is_in_the_log(
    do: Do, logged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke(stock(do), payload(order=SECRET))

    output = capsys.readouterr().out
    assert json.loads(output)["event"] == logged
    assert SECRET not in output


def test_nothing_personal_is_in_the_log_of_what_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> None:
        raise LookupError(SECRET)

    with pytest.raises(LookupError):
        invoke(stock(fail), payload(order=SECRET))
    with pytest.raises(InvalidMessage):
        invoke(stock(reserve), payload(body={"order": [SECRET]}))

    output = capsys.readouterr().out
    assert len(output.splitlines()) == 2
    assert SECRET not in output


def _refuse() -> None:
    raise Reject(SECRET)


def test_a_handler_that_exceeds_its_time_limit_is_ended_and_the_invocation_times_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cleaned: list[str] = []

    def hang(*_: object) -> None:
        try:
            while True:
                pass
        finally:
            cleaned.append("up")

    # All but 0.02 s are the reserve after the handler.
    with pytest.raises(CallTimedOut, match="the handler did not finish within"):
        invoke(stock(hang), seconds=0.52)

    assert cleaned == ["up"]
    assert [line["errorType"] for line in lines(capsys)] == ["CallTimedOut"]


def test_a_consumers_time_limit_holds_for_invocations_too(configure: Configure) -> None:
    own = ConsumerSettings(
        name="stock", queue_url="", dead_letter_queue_url="", handler_timeout=5, hop_limit=3
    )
    configure(invocable(consumer=own))

    def look(_: ReserveStock, context: Context) -> None:
        seen.append(context.remaining())

    seen: list[float] = []
    invoke(stock(look, Consumer), payload(header={"id": "1", "hops": 3}))
    assert 0 < seen[0] <= 5
    with pytest.raises(InvalidMessage, match="4 hops in this conversation; the limit is 3"):
        invoke(stock(look, Consumer), payload(header={"id": "1", "hops": 4}))
    assert len(seen) == 1


def test_a_function_refuses_a_message_over_the_hop_limit() -> None:
    assert invoke(stock(reserve), payload(header={"id": "1", "hops": HOP_LIMIT}))
    with pytest.raises(InvalidMessage, match="the limit is 16"):
        invoke(stock(reserve), payload(header={"id": "1", "hops": HOP_LIMIT + 1}))


@pytest.mark.parametrize(("years", "accepted"), [(-1, False), (1, True)])
def test_an_expired_message_is_not_accepted(years: int, accepted: bool) -> None:
    expires = (datetime.now(UTC) + timedelta(days=365 * years)).isoformat()
    expired = payload(header={"id": "1", "expires": expires})
    with nullcontext() if accepted else pytest.raises(InvalidMessage, match="expired at"):
        assert invoke(stock(reserve), expired)


def test_a_result_that_json_cannot_hold_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidMessage, match="StockReserved cannot be written as JSON"):
        invoke(stock(lambda *_: StockReserved(order="\ud800")))

    assert [line["event"] for line in lines(capsys)] == ["invocation failed"]


# Messages that the handler sends.


def pack(command: ReserveStock, context: Context) -> StockReserved:
    context.publish(OrderPacked(id=command.order))
    return reserve(command, context)


def test_messages_of_the_handler_are_sent_before_the_result(harness: ConsumerHarness) -> None:
    invoke(stock(pack), payload(header={"id": "m", "correlationid": "c"}))

    (packed,) = harness.published()
    assert packed.read(OrderPacked) == OrderPacked(id="1")
    assert (header_of(packed)["correlationid"], header_of(packed)["causationid"]) == ("c", "m")


@pytest.mark.parametrize("error", [Reject("no"), LookupError()])
def test_a_handler_that_fails_sends_nothing(harness: ConsumerHarness, error: Exception) -> None:
    def pack_and_fail(command: ReserveStock, context: Context) -> None:
        pack(command, context)
        raise error

    if isinstance(error, Reject):
        assert invoke(stock(pack_and_fail)) == {"rejected": "no"}
    else:
        with pytest.raises(LookupError):
            invoke(stock(pack_and_fail))

    assert harness.published() == []


def test_a_repeated_invocation_sends_the_same_ids(harness: ConsumerHarness) -> None:
    for _ in range(2):
        invoke(stock(pack), payload(header={"id": "m"}))

    first, second = harness.published()
    assert first.id == second.id


def test_an_invocation_fails_if_its_messages_cannot_be_sent(
    harness: ConsumerHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = settings().msg_out_arn + "-gone"
    harness.use(msgspec.structs.replace(settings(), msg_out_arn=gone))

    with pytest.raises(PublishFailed, match="a message of the handler could not be sent: NotFound"):
        invoke(stock(pack))

    not_sent, _, failed = lines(capsys)
    assert (not_sent["event"], not_sent["code"]) == ("message not sent", "NotFound")
    assert failed["errorType"] == "PublishFailed"


def test_a_message_that_is_too_large_fails_the_invocation(harness: ConsumerHarness) -> None:
    def publish(_: ReserveStock, context: Context) -> None:
        context.publish(OrderPacked(id="1", note="x" * 300_000))

    with pytest.raises(MessageLimitExceeded):
        invoke(stock(publish))
    assert harness.published() == []


# Registering.


def test_late_replies_have_one_handler_and_only_beside_one_for_those_in_time() -> None:
    consumer = Consumer()
    with pytest.raises(ValueError, match="register it with `on` first"):
        consumer.on_late_reply(StockReserved)(lambda *_: None)

    consumer.on(StockReserved)(lambda *_: None)
    consumer.on_late_reply(StockReserved)(lambda *_: None)
    with pytest.raises(ValueError, match="has a handler of late replies already"):
        consumer.on_late_reply(StockReserved)(lambda *_: None)
