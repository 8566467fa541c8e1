"""A request of an HTTP API whose body is a message: one handler for it, the queue and services."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from contracts import Event
from messaging import Consumer, Context, Function, Reject, Retry
from messaging.sending.outgoing import derived_id
from messaging.settings import Settings, settings
from messaging.testing import ConsumerHarness, FakeLambdaContext
from tests.conftest import Configure
from tests.unit.messaging.orders import OrderPacked
from tests.unit.messaging.requesting_service import ReserveStock, StockReserved, header_of
from tests.unit.messaging.requests import content, request

Do = Callable[[ReserveStock, Context], Event | None]
ROUTE = "POST /stock"
# Of route, client, key and body: if one of them differs, it is another message.
KEYED = derived_id(
    "request", derived_id("idempotency key", ROUTE, None, "order 1"), '{"order": "1"}'
)
COMMANDS = {ROUTE: "ReserveStock"}
SECRET = "anna@example.org"


def stock(do: Do, kind: type[Function] = Function) -> Function:
    function = kind()
    function.on(ReserveStock)(do)
    return function


def reserve(command: ReserveStock, _: Context) -> StockReserved:
    return StockReserved(order=command.order)


def pack(command: ReserveStock, context: Context) -> None:
    context.publish(OrderPacked(id=command.order))


def submit(
    function: Function,
    body: str | None = '{"order": "1"}',
    *,
    route: str = ROUTE,
    seconds: float = 30,
    **extra: Any,
) -> Any:
    return function(request(route, body, **extra), FakeLambdaContext(seconds))


@pytest.fixture(autouse=True)
def _deployed(configure: Configure) -> None:
    configure(
        Settings(
            stage="test",
            service="Stock",
            msg_out_arn="",
            invocable=("ReserveStock",),
            commands=COMMANDS,
        )
    )


@pytest.fixture
def harness(mocked_aws: None) -> ConsumerHarness:
    """A function that has a queue, too, and may publish."""
    harness = ConsumerHarness(publishes=(StockReserved, OrderPacked), invocable=(ReserveStock,))
    harness.use(msgspec.structs.replace(settings(), commands=COMMANDS))
    return harness


either = pytest.mark.parametrize("kind", [Function, Consumer])


# Results.


@either
def test_the_event_that_the_handler_returns_is_the_body(kind: type[Function]) -> None:
    response = submit(stock(reserve, kind))
    assert response["statusCode"] == 200
    assert content(response) == {"order": "1", "shelf": 0}
    assert response["headers"]["content-type"] == "application/json"


@either
def test_a_handler_that_returns_nothing_accepts_the_request(kind: type[Function]) -> None:
    response = submit(stock(lambda *_: None, kind))
    assert response["statusCode"] == 202
    assert content(response) == {"id": "JKJaXmPLvHcESHA="}


def test_one_handler_serves_queue_invocation_and_request(harness: ConsumerHarness) -> None:
    consumer = stock(reserve, Consumer)
    assert isinstance(consumer, Consumer)
    harness.send(ReserveStock(order="queue"))

    harness.deliver(consumer)
    invoked = consumer(
        {"msgTag": "ReserveStock", "body": {"order": "invocation"}}, FakeLambdaContext()
    )
    requested = submit(consumer, '{"order": "request"}')

    (published,) = harness.published()
    assert published.read(StockReserved).order == "queue"
    assert invoked["result"]["order"] == "invocation"
    assert content(requested)["order"] == "request"


@pytest.mark.parametrize(
    ("headers", "message_id", "correlation_id"),
    [
        ({}, "JKJaXmPLvHcESHA=", "JKJaXmPLvHcESHA="),
        ({"Idempotency-Key": "order 1"}, KEYED, "JKJaXmPLvHcESHA="),
        ({"x-correlation-id": "c"}, "JKJaXmPLvHcESHA=", "c"),
        ({"x-correlation-id": "not sane"}, "JKJaXmPLvHcESHA=", "JKJaXmPLvHcESHA="),
    ],
)
def test_the_message_has_the_ids_of_the_request(
    headers: dict[str, str], message_id: str, correlation_id: str
) -> None:
    seen: list[object] = []

    def look(_: ReserveStock, context: Context) -> None:
        seen.extend([context.message_id, context.correlation_id])
        seen.extend([context.attempt, context.from_service, context.request_service])

    response = submit(stock(look), headers=headers)

    assert seen == [message_id, correlation_id, 1, None, None]
    assert content(response) == {"id": message_id}


def test_a_request_that_is_repeated_with_its_key_sends_the_same_ids(
    harness: ConsumerHarness,
) -> None:
    for _ in range(2):
        submit(stock(pack), headers={"idempotency-key": "k"})

    first, second = harness.published()
    assert first.id == second.id
    own = derived_id("idempotency key", ROUTE, None, "k")
    assert header_of(first)["causationid"] == derived_id("request", own, '{"order": "1"}')


# Refusals.


@pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\nb"])
def test_an_invalid_key_is_refused(key: str) -> None:
    response = submit(stock(reserve), headers={"Idempotency-Key": key})
    assert response["statusCode"] == 400
    assert "Idempotency-Key" in content(response)["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"order": 5}', "order"),
        ("{}", "order"),
        ('{"order": "1", "pieces": "many"}', "pieces"),
        ("order=1", "$"),
        (None, "$"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_its_field(body: str | None, field: str) -> None:
    response = submit(stock(reserve), body)
    assert response["statusCode"] == 400
    assert content(response)["errors"][0]["field"] == field


def test_a_route_without_a_command_is_not_found() -> None:
    assert submit(stock(reserve), route="POST /bank")["statusCode"] == 404


def test_a_rejection_is_a_problem_with_its_reason() -> None:
    def refuse(*_: object) -> None:
        raise Reject("sold out")

    response = submit(stock(refuse))
    assert response["statusCode"] == 422
    assert content(response)["detail"] == "sold out"
    assert response["headers"]["content-type"] == "application/problem+json"


@pytest.mark.parametrize("invocable", [(), ("Other",)])
def test_a_message_that_is_not_invocable_is_a_server_error(
    configure: Configure, invocable: tuple[str, ...]
) -> None:
    configure(msgspec.structs.replace(settings(), invocable=invocable))
    assert submit(stock(reserve))["statusCode"] == 500


# Failures.


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_failure_is_a_problem_without_details(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise LookupError(SECRET)

    response = submit(stock(fail), json.dumps({"order": SECRET}))

    assert response["statusCode"] == 500
    assert SECRET not in response["body"]
    assert content(response)["requestId"] == "JKJaXmPLvHcESHA="
    output = capsys.readouterr().out
    assert SECRET not in output
    failed, logged = lines(output)
    assert (failed["event"], failed["error"]) == ("request failed", "LookupError")
    assert len(failed["fingerprint"]) == 12
    assert (logged["event"], logged["status"], logged["route"]) == (
        "request answered",
        500,
        ROUTE,
    )


def test_nothing_personal_is_in_the_log_of_a_response(
    capsys: pytest.CaptureFixture[str],
) -> None:
    submit(stock(reserve), json.dumps({"order": SECRET}))
    submit(stock(reserve), json.dumps({"order": [SECRET]}))

    output = capsys.readouterr().out
    assert [line["status"] for line in lines(output)] == [200, 400]
    assert SECRET not in output


def test_a_handler_that_exceeds_its_time_limit_is_a_problem(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def hang(*_: object) -> None:
        while True:
            pass

    # All but 0.02 s are the reserve after the handler.
    response = submit(stock(hang), seconds=0.52)

    assert response["statusCode"] == 504
    assert "within" not in response["body"]
    assert lines(capsys.readouterr().out)[0]["error"] == "CallTimedOut"


def test_a_result_that_json_cannot_hold_is_a_problem() -> None:
    assert submit(stock(lambda *_: StockReserved(order="\ud800")))["statusCode"] == 500


def test_messages_of_the_handler_are_sent(harness: ConsumerHarness) -> None:
    assert submit(stock(pack))["statusCode"] == 202
    assert [message.read(OrderPacked).id for message in harness.published()] == ["1"]


@pytest.mark.parametrize(("error", "status"), [(Reject("no"), 422), (LookupError(), 500)])
def test_a_handler_that_fails_sends_nothing(
    harness: ConsumerHarness, error: Exception, status: int
) -> None:
    def pack_and_fail(command: ReserveStock, context: Context) -> None:
        pack(command, context)
        raise error

    assert submit(stock(pack_and_fail))["statusCode"] == status
    assert harness.published() == []


def test_a_message_that_cannot_be_sent_returns_503_with_retry_after(
    harness: ConsumerHarness,
) -> None:
    gone = settings().msg_out_arn + "-gone"
    harness.use(msgspec.structs.replace(settings(), msg_out_arn=gone))

    response = submit(stock(pack))

    assert (response["statusCode"], response["headers"]["retry-after"]) == (503, "1")


def test_a_retry_of_the_handler_returns_503_with_retry_after() -> None:
    def busy(*_: object) -> None:
        raise Retry(delay=2.5)

    response = submit(stock(busy))

    assert (response["statusCode"], response["headers"]["retry-after"]) == (503, "3")
