"""A call carries its message to a function of another service and brings the answer back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
import pytest

from contracts import Event
from messaging import ApiContext, CallFailed, CallTimedOut, Context, NotDeclared, Rejected
from messaging.deadline import Deadline
from messaging.sending import invocations as calls
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.sending.outgoing import OutgoingMessage
from messaging.settings import Settings, settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from messaging.wire.header import Header
from tests.unit.messaging.doubles import consumer_that
from tests.unit.messaging.functions import ARN, Functions, Reply, raised, result, said
from tests.unit.messaging.orders import OrderPacked, OrderPlaced
from tests.unit.messaging.requesting_service import ReserveStock, StockReserved

Ask = Callable[[OrderPlaced, Context], object]


class Inventory(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Inventory"

    counted: datetime
    by_shelf: dict[int, int]


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    return Functions(monkeypatch)


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    """Where `Test` may ask the stock."""
    harness = ConsumerHarness(publishes=(OrderPacked,))
    invokes = {"Stock": {"ReserveStock": ARN}}
    harness.use(msgspec.structs.replace(settings(), invokes=invokes))
    return harness


def message() -> OutgoingMessage:
    config = Settings(stage="test", service="Test", msg_out_arn="")
    header = Header(id="m", correlationid="c")
    return compose(ReserveStock(order="1"), header, config, Address("function", ARN))


def ask(returns: type[Any] = StockReserved) -> Any:
    return calls.invoke(message(), returns, timeout=10, idempotent=False)


def receive(do: Ask, header: Header | None = None, *, seconds: float = 30) -> None:
    consumer_that(do)(event(sent(OrderPlaced(id="1"), header)), FakeLambdaContext(seconds))


# What goes there.


def test_a_call_is_a_message_that_waits_for_its_answer(
    harness: ConsumerHarness, functions: Functions
) -> None:
    functions.answer(result({"order": "1"}))
    waiting = Header(id="q", correlationid="c", hops=2, requestservices=("Web",), requestids=("w",))

    receive(
        lambda _, context: context.invoke(
            ReserveStock(order="1", pieces=3), to="Stock", returns=StockReserved
        ),
        waiting,
    )

    (asked,) = functions.asked
    assert (asked.function, asked.kind) == (ARN, "")
    header = asked.payload.pop("header")
    assert asked.payload == {
        "msgTag": "ReserveStock",
        "fromService": "Test",
        "body": {"order": "1", "pieces": 3},
    }
    assert header["correlationid"] == "c"
    assert header["causationid"] == "q"
    assert header["hops"] == 3
    assert (header["requestservices"], header["requestids"]) == (["Web"], ["w"])
    assert (header["source"], header["type"]) == ("/test/Test", "ReserveStock")


def test_a_handler_that_runs_again_makes_the_same_call(
    harness: ConsumerHarness, functions: Functions
) -> None:
    functions.answer(result({"order": "1"}))

    def twice(_: OrderPlaced, context: Context) -> None:
        for _each in range(2):
            context.invoke(ReserveStock(order="1"), to="Stock", returns=StockReserved)

    for _ in range(2):
        receive(twice, Header(id="q"))

    first, second, again, second_again = (each.payload["header"]["id"] for each in functions.asked)
    assert first != second
    assert (first, second) == (again, second_again)


def test_what_the_map_does_not_declare_is_not_called(
    harness: ConsumerHarness, functions: Functions
) -> None:
    errors: list[str] = []

    def wrong(_: OrderPlaced, context: Context) -> None:
        for to, command in (("Stock", Unknown()), ("Bank", ReserveStock(order="1"))):
            with pytest.raises(NotDeclared, match="add it to `invokes`") as caught:
                context.invoke(command, to=to, returns=StockReserved)
            errors.append(str(caught.value))

    receive(wrong)

    assert len(errors) == 2
    assert functions.asked == []


class Unknown(ReserveStock, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Unknown"

    order: str = ""


@pytest.mark.parametrize(
    ("seconds", "limits"),
    [
        pytest.param(30, (4.9, 5), id="there is time enough"),
        pytest.param(4, (3.0, 3.4), id="the handler has less"),
    ],
)
def test_a_call_waits_for_as_long_as_it_may_and_its_handler_has(
    harness: ConsumerHarness, functions: Functions, seconds: float, limits: tuple[float, float]
) -> None:
    functions.answer(result({"order": "1"}))

    receive(
        lambda _, context: context.invoke(
            ReserveStock(order="1"), to="Stock", returns=StockReserved, timeout=5
        ),
        seconds=seconds,
    )

    (wait,) = functions.waits
    assert wait is not None
    assert limits[0] <= wait <= limits[1]


# What comes back.


def test_the_result_is_an_event(functions: Functions) -> None:
    functions.answer(result({"order": "1", "shelf": 7, "unknown": True}))
    assert ask() == StockReserved(order="1", shelf=7)


def test_a_result_may_have_what_json_writes_as_text(functions: Functions) -> None:
    counted = datetime(2026, 5, 4, 12, tzinfo=UTC)
    functions.answer(result({"counted": "2026-05-04T12:00:00Z", "by_shelf": {"1": 5}}))
    assert ask(Inventory) == Inventory(counted=counted, by_shelf={1: 5})


@pytest.mark.parametrize("reason", ["sold out", "", "ausverkauft für immer"])
def test_a_refusal_has_its_reason(functions: Functions, reason: str) -> None:
    functions.answer(said({"rejected": reason}))
    assert ask() == Rejected(reason)


def test_a_result_as_json_in_a_text_is_unwrapped(functions: Functions) -> None:
    functions.answer(said('{"result": {"order": "1"}}'))
    assert ask() == StockReserved(order="1")


@pytest.mark.parametrize("body", ['{"order": "1"}', {"order": "1"}])
def test_a_function_may_answer_like_the_one_of_an_api(functions: Functions, body: object) -> None:
    functions.answer(said({"statusCode": 200, "body": body}))
    assert ask() == StockReserved(order="1")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"detail": "sold out"}', "sold out"),
        ({"detail": "sold out"}, "sold out"),
        ('{"detail": ["order", "is missing"]}', "status 409"),
        ('{"title": "Conflict"}', "status 409"),
        ('["no"]', "status 409"),
        ("Conflict", "status 409"),
        ("", "status 409"),
        (None, "status 409"),
    ],
)
def test_a_status_from_400_is_a_refusal(functions: Functions, body: object, reason: str) -> None:
    functions.answer(said({"statusCode": 409, "body": body}))
    assert ask() == Rejected(reason)


@pytest.mark.parametrize("body", ['{"detail": "broken"}', "<h1>Oh no</h1>", None])
def test_a_status_from_500_is_a_failure(functions: Functions, body: object) -> None:
    functions.answer(said({"statusCode": 502, "body": body}))
    with pytest.raises(CallFailed, match=f"{ARN} answered with status 502") as caught:
        ask()
    assert caught.value.type == "502"
    assert caught.value.text == ("broken" if body and "detail" in str(body) else "")


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b'{"result": {"order": 5}}', id="a wrong field"),
        pytest.param(b'{"result": {}}', id="a missing field"),
        pytest.param(b'{"result": null}', id="nothing"),
        pytest.param(b'{"order": "1"}', id="no result"),
        pytest.param(b'{"rejected": 5}', id="a reason that is no text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"", id="empty"),
        pytest.param(b"reserved", id="no JSON"),
        pytest.param(b'"reserved"', id="a text"),
        pytest.param(b'{"result": {"order": "\xff"}}', id="no UTF-8"),
        pytest.param(b'{"result": {"order": "\\ud800"}}', id="half a character"),
        pytest.param(b'{"result": ' + b"[" * 100_000, id="deeply nested"),
        pytest.param(b'{"statusCode": 200, "body": "reserved"}', id="a status, and no JSON"),
        pytest.param(b'{"statusCode": 204, "body": ""}', id="a status, and nothing"),
    ],
)
def test_an_answer_that_is_another_one_is_a_failure(functions: Functions, payload: bytes) -> None:
    functions.answer(Reply(payload))
    with pytest.raises(CallFailed, match=f"{ARN} answered what is no StockReserved") as caught:
        ask()
    assert caught.value.type
    assert not isinstance(caught.value, CallTimedOut)


# The function failed.


def test_an_error_that_the_function_raised_comes_with_its_type_and_text(
    functions: Functions,
) -> None:
    functions.answer(
        raised(
            {
                "errorMessage": "no shelf 7",
                "errorType": "LookupError",
                "requestId": "3f1b",
                "stackTrace": ['  File "/var/task/handler.py", line 3, in handle\n'],
            }
        )
    )
    with pytest.raises(CallFailed, match=f"{ARN} failed with LookupError: no shelf 7") as caught:
        ask()
    assert (caught.value.type, caught.value.text) == ("LookupError", "no shelf 7")
    assert not isinstance(caught.value, CallTimedOut)
    assert len(functions.asked) == 1, "it would fail again"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b'{"errorMessage": null, "errorType": null}', ""),
        (b'{"errorMessage": ["a"]}', '{"errorMessage": ["a"]}'),
        (b'"out of memory"', '"out of memory"'),
        (b"segmentation fault \xff", "segmentation fault \ufffd"),
        (b"", ""),
        (b"[" * 100_000, "[" * 1_000),
    ],
)
def test_an_error_of_another_form_is_a_failure_too(
    functions: Functions, payload: bytes, text: str
) -> None:
    functions.answer(Reply(payload, error="Unhandled"))
    with pytest.raises(CallFailed, match=f"{ARN} failed with an error") as caught:
        ask()
    assert caught.value.text == text


@pytest.mark.parametrize(
    "document",
    [
        {"errorMessage": "2026-05-04T12:00:00.000Z 3f1b Task timed out after 3.00 seconds"},
        {
            "errorType": "Sandbox.Timedout",
            "errorMessage": "RequestId: 3f1b Error: Task timed out after 3.00 seconds",
        },
        {"errorType": "Sandbox.Timedout", "errorMessage": ""},
        {
            "errorType": "CallTimedOut",
            "errorMessage": "the handler did not finish within 3.0 s",
            "stackTrace": [],
        },
    ],
)
def test_a_function_that_ran_past_its_time_has_timed_out(
    functions: Functions, document: dict[str, Any]
) -> None:
    functions.answer(raised(document))
    with pytest.raises(CallTimedOut) as caught:
        ask()
    assert caught.value.text == document["errorMessage"]
    assert len(functions.asked) == 1


def test_a_handler_of_an_api_waits_no_longer_than_its_function_may_run(
    harness: ConsumerHarness, functions: Functions
) -> None:
    functions.answer(result({"order": "1"}))
    for seconds, waited in ((4.0, 3.3), (100.0, 10.0)):
        deadline = Deadline.of(FakeLambdaContext(seconds))
        context = ApiContext(request_id="r", correlation_id="c", path={}, deadline=deadline)
        context.invoke(ReserveStock(order="1"), to="Stock", returns=StockReserved)
        assert functions.waits[-1] == waited, "what is left, less the time to answer"
