"""An invocation carries a message to a function of another service and returns its result."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
import pytest

from contracts import Event
from messaging import ApiContext, CallFailed, CallTimedOut, Context, NotDeclared, Rejected
from messaging.deadline import Deadline
from messaging.sending import invocations
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.sending.outgoing import OutgoingMessage
from messaging.settings import Settings, settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from messaging.wire.header import Header
from tests.unit.messaging.doubles import consumer_that
from tests.unit.messaging.fake_lambda import ARN, FakeLambda, Response, raised, result, returned
from tests.unit.messaging.orders import OrderPacked, OrderPlaced
from tests.unit.messaging.requesting_service import ReserveStock, StockReserved

Do = Callable[[OrderPlaced, Context], object]


class Inventory(Event, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Inventory"

    counted: datetime
    by_shelf: dict[int, int]


@pytest.fixture
def fake_lambda(monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    return FakeLambda(monkeypatch)


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    """A service `Test` that may invoke a function of `Stock`."""
    harness = ConsumerHarness(publishes=(OrderPacked,))
    invokes = {"Stock": {"ReserveStock": ARN}}
    harness.use(msgspec.structs.replace(settings(), invokes=invokes))
    return harness


def message() -> OutgoingMessage:
    config = Settings(stage="test", service="Test", msg_out_arn="")
    header = Header(id="m", correlationid="c")
    return compose(ReserveStock(order="1"), header, config, Address("function", ARN))


def invoke(returns: type[Any] = StockReserved) -> Any:
    return invocations.invoke(message(), returns, timeout=10, idempotent=False)


def receive(do: Do, header: Header | None = None, *, seconds: float = 30) -> None:
    consumer_that(do)(event(sent(OrderPlaced(id="1"), header)), FakeLambdaContext(seconds))


# The payload.


def test_an_invocation_carries_the_message_with_its_header(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    fake_lambda.respond(result({"order": "1"}))
    header = Header(id="q", correlationid="c", hops=2, requestservices=("Web",), requestids=("w",))

    receive(
        lambda _, context: context.invoke(
            ReserveStock(order="1", pieces=3), to="Stock", returns=StockReserved
        ),
        header,
    )

    (invocation,) = fake_lambda.invocations
    assert (invocation.function, invocation.kind) == (ARN, "")
    header = invocation.payload.pop("header")
    assert invocation.payload == {
        "msgTag": "ReserveStock",
        "fromService": "Test",
        "body": {"order": "1", "pieces": 3},
    }
    assert header["correlationid"] == "c"
    assert header["causationid"] == "q"
    assert header["hops"] == 3
    assert (header["requestservices"], header["requestids"]) == (["Web"], ["w"])
    assert (header["source"], header["type"]) == ("/test/Test", "ReserveStock")


def test_a_handler_that_runs_again_invokes_with_the_same_ids(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    fake_lambda.respond(result({"order": "1"}))

    def twice(_: OrderPlaced, context: Context) -> None:
        for _each in range(2):
            context.invoke(ReserveStock(order="1"), to="Stock", returns=StockReserved)

    for _ in range(2):
        receive(twice, Header(id="q"))

    first, second, again, second_again = (
        each.payload["header"]["id"] for each in fake_lambda.invocations
    )
    assert first != second
    assert (first, second) == (again, second_again)


def test_a_function_that_the_topology_does_not_declare_is_not_invoked(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    errors: list[str] = []

    def wrong(_: OrderPlaced, context: Context) -> None:
        for to, command in (("Stock", Unknown()), ("Bank", ReserveStock(order="1"))):
            with pytest.raises(NotDeclared, match="add it to `invokes`") as caught:
                context.invoke(command, to=to, returns=StockReserved)
            errors.append(str(caught.value))

    receive(wrong)

    assert len(errors) == 2
    assert fake_lambda.invocations == []


class Unknown(ReserveStock, frozen=True, kw_only=True):
    msg_tag: ClassVar[str] = "Unknown"

    order: str = ""


@pytest.mark.parametrize(
    ("seconds", "limits"),
    [
        pytest.param(30, (4.9, 5), id="enough time"),
        pytest.param(4, (3.0, 3.4), id="the handler has less"),
    ],
)
def test_the_timeout_is_the_given_one_or_what_the_handler_has_left(
    harness: ConsumerHarness, fake_lambda: FakeLambda, seconds: float, limits: tuple[float, float]
) -> None:
    fake_lambda.respond(result({"order": "1"}))

    receive(
        lambda _, context: context.invoke(
            ReserveStock(order="1"), to="Stock", returns=StockReserved, timeout=5
        ),
        seconds=seconds,
    )

    (timeout,) = fake_lambda.timeouts
    assert timeout is not None
    assert limits[0] <= timeout <= limits[1]


# The result.


def test_the_result_is_an_event(fake_lambda: FakeLambda) -> None:
    fake_lambda.respond(result({"order": "1", "shelf": 7, "unknown": True}))
    assert invoke() == StockReserved(order="1", shelf=7)


def test_a_result_may_have_types_that_json_writes_as_text(fake_lambda: FakeLambda) -> None:
    counted = datetime(2026, 5, 4, 12, tzinfo=UTC)
    fake_lambda.respond(result({"counted": "2026-05-04T12:00:00Z", "by_shelf": {"1": 5}}))
    assert invoke(Inventory) == Inventory(counted=counted, by_shelf={1: 5})


@pytest.mark.parametrize("reason", ["sold out", "", "ausverkauft für immer"])
def test_a_rejection_has_its_reason(fake_lambda: FakeLambda, reason: str) -> None:
    fake_lambda.respond(returned({"rejected": reason}))
    assert invoke() == Rejected(reason)


def test_a_result_as_json_in_a_text_is_unwrapped(fake_lambda: FakeLambda) -> None:
    fake_lambda.respond(returned('{"result": {"order": "1"}}'))
    assert invoke() == StockReserved(order="1")


@pytest.mark.parametrize("body", ['{"order": "1"}', {"order": "1"}])
def test_a_function_may_return_the_response_of_an_http_api(
    fake_lambda: FakeLambda, body: object
) -> None:
    fake_lambda.respond(returned({"statusCode": 200, "body": body}))
    assert invoke() == StockReserved(order="1")


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
def test_a_status_from_400_is_a_rejection(
    fake_lambda: FakeLambda, body: object, reason: str
) -> None:
    fake_lambda.respond(returned({"statusCode": 409, "body": body}))
    assert invoke() == Rejected(reason)


@pytest.mark.parametrize("body", ['{"detail": "broken"}', "<h1>Oh no</h1>", None])
def test_a_status_from_500_is_a_failure(fake_lambda: FakeLambda, body: object) -> None:
    fake_lambda.respond(returned({"statusCode": 502, "body": body}))
    with pytest.raises(CallFailed, match=f"{ARN} returned status 502") as caught:
        invoke()
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
def test_a_result_that_does_not_fit_is_a_failure(fake_lambda: FakeLambda, payload: bytes) -> None:
    fake_lambda.respond(Response(payload))
    with pytest.raises(CallFailed, match=f"the result of {ARN} is not a StockReserved") as caught:
        invoke()
    assert caught.value.type
    assert not isinstance(caught.value, CallTimedOut)


# The function failed.


def test_an_error_that_the_function_raised_has_its_type_and_text(
    fake_lambda: FakeLambda,
) -> None:
    fake_lambda.respond(
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
        invoke()
    assert (caught.value.type, caught.value.text) == ("LookupError", "no shelf 7")
    assert not isinstance(caught.value, CallTimedOut)
    assert len(fake_lambda.invocations) == 1, "it would fail again"


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
    fake_lambda: FakeLambda, payload: bytes, text: str
) -> None:
    fake_lambda.respond(Response(payload, error="Unhandled"))
    with pytest.raises(CallFailed, match=f"{ARN} failed with an error") as caught:
        invoke()
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
def test_a_function_that_exceeded_its_time_limit_has_timed_out(
    fake_lambda: FakeLambda, document: dict[str, Any]
) -> None:
    fake_lambda.respond(raised(document))
    with pytest.raises(CallTimedOut) as caught:
        invoke()
    assert caught.value.text == document["errorMessage"]
    assert len(fake_lambda.invocations) == 1


def test_a_handler_of_an_api_waits_no_longer_than_its_function_may_run(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    fake_lambda.respond(result({"order": "1"}))
    for seconds, timeout in ((4.0, 3.3), (100.0, 10.0)):
        deadline = Deadline.of(FakeLambdaContext(seconds))
        context = ApiContext(request_id="r", correlation_id="c", path={}, deadline=deadline)
        context.invoke(ReserveStock(order="1"), to="Stock", returns=StockReserved)
        assert fake_lambda.timeouts[-1] == timeout, "the rest, less the reserve"
