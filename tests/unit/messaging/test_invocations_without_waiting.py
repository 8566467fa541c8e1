"""Invocations without waiting: they are sent after the handler has succeeded."""

from collections.abc import Callable
from types import SimpleNamespace

import msgspec
import pytest

from contracts import RequestTimedOut
from messaging import Context, Function, NotDeclared
from messaging.settings import settings
from messaging.testing import ConsumerHarness, FakeLambdaContext, event, sent
from messaging.wire.header import Header
from tests.unit.messaging.doubles import consumer_that, fail
from tests.unit.messaging.fake_lambda import ARN, Behaviour, FakeLambda, Response, refused
from tests.unit.messaging.orders import OrderPacked, OrderPlaced
from tests.unit.messaging.requesting_service import ReserveStock

ACCEPTED = Response(status=202)


@pytest.fixture
def fake_lambda(monkeypatch: pytest.MonkeyPatch, mocked_aws: None) -> FakeLambda:
    """Lambda, which accepts every invocation; its client sleeps between its tries."""
    fake_lambda = FakeLambda(monkeypatch)
    fake_lambda.respond(ACCEPTED)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=fake_lambda.clock.sleep))
    return fake_lambda


@pytest.fixture
def harness(fake_lambda: FakeLambda) -> ConsumerHarness:
    harness = ConsumerHarness(publishes=(OrderPacked,))
    invokes = {"Stock": {"ReserveStock": ARN}}
    harness.use(msgspec.structs.replace(settings(), invokes=invokes))
    return harness


def invoke(order: OrderPlaced, context: Context) -> str:
    return context.invoke(ReserveStock(order=order.id), to="Stock", wait=False)


def receive(
    do: Callable[[OrderPlaced, Context], object], *ids: str, header: Header | None = None
) -> None:
    records = [sent(OrderPlaced(id=id_), header) for id_ in ids or ("1",)]
    consumer_that(do)(event(*records), FakeLambdaContext())


def test_the_payload_is_the_message_marked_as_later(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    ids: list[str] = []
    header = Header(id="q", correlationid="c", requestservices=("Web",), requestids=("w",))

    receive(lambda order, context: ids.append(invoke(order, context)), header=header)

    (invocation,) = fake_lambda.invocations
    assert (invocation.function, invocation.kind) == (ARN, "Event")
    header = invocation.payload.pop("header")
    assert invocation.payload == {
        "msgTag": "ReserveStock",
        "fromService": "Test",
        "body": {"order": "1", "pieces": 1},
        "later": True,
    }
    assert [header["id"]] == ids
    assert (header["correlationid"], header["requestservices"]) == ("c", ["Web"])
    assert harness.requeued() == []


def test_a_function_can_read_the_payload(harness: ConsumerHarness, fake_lambda: FakeLambda) -> None:
    seen: list[tuple[ReserveStock, str | None, str]] = []
    function = Function()

    @function.on(ReserveStock)
    def reserve(command: ReserveStock, context: Context) -> None:
        seen.append((command, context.from_service, context.correlation_id))

    receive(invoke, header=Header(id="q", correlationid="c"))
    harness.use(msgspec.structs.replace(settings(), invocable=("ReserveStock",)))
    (invocation,) = fake_lambda.invocations

    assert function(invocation.payload, FakeLambdaContext()) == {"result": None}
    assert seen == [(ReserveStock(order="1"), "Test", "c")]


def test_it_is_sent_after_the_handler_has_succeeded(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    before: list[int] = []

    def look(order: OrderPlaced, context: Context) -> None:
        invoke(order, context)
        before.append(len(fake_lambda.invocations))

    receive(look)

    assert before == [0]
    assert len(fake_lambda.invocations) == 1


def test_a_handler_that_fails_invokes_nothing(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    def invoke_and_fail(order: OrderPlaced, context: Context) -> None:
        invoke(order, context)
        fail()

    receive(invoke_and_fail)

    assert fake_lambda.invocations == []
    assert [copy.attempt for copy in harness.requeued()] == [2]


@pytest.mark.parametrize(
    ("response", "error"),
    [
        pytest.param(
            Response(status=200),
            f"CallFailed: {ARN} was not invoked: Lambda returned 200",
            id="run at once",
        ),
        pytest.param(
            refused(404, "ResourceNotFoundException"), "ResourceNotFoundException", id="not there"
        ),
        pytest.param(
            refused(429, "TooManyRequestsException"), "TooManyRequestsException", id="throttled"
        ),
    ],
)
def test_a_record_whose_invocation_is_not_accepted_has_failed(
    harness: ConsumerHarness, fake_lambda: FakeLambda, response: Behaviour, error: str
) -> None:
    fake_lambda.respond(response)

    receive(invoke)

    (copy,) = harness.requeued()
    assert copy.attempt == 2
    assert (copy.error or "").startswith("PublishFailed: a message it sent could not leave: ")
    assert error in (copy.error or "")


def test_a_throttled_invocation_is_repeated_by_the_sdk(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    fake_lambda.respond(refused(429, "TooManyRequestsException"), ACCEPTED)

    receive(invoke)

    assert len({each.payload["header"]["id"] for each in fake_lambda.invocations}) == 1
    assert len(fake_lambda.invocations) == 2
    assert harness.requeued() == []


def test_only_the_record_whose_invocation_is_not_accepted_is_requeued(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    def behave() -> Response:
        bad = fake_lambda.invocations[-1].payload["body"]["order"] == "2"
        return refused(404, "ResourceNotFoundException") if bad else ACCEPTED

    fake_lambda.respond(behave)
    receive(invoke, "1", "2", "3")

    assert {each.payload["body"]["order"] for each in fake_lambda.invocations} == {"1", "2", "3"}
    assert [copy.read(OrderPlaced).id for copy in harness.requeued()] == ["2"]


def test_a_handler_that_runs_again_invokes_with_the_same_id(
    harness: ConsumerHarness, fake_lambda: FakeLambda
) -> None:
    for _ in range(2):
        receive(invoke, header=Header(id="q"))

    first, second = (each.payload["header"]["id"] for each in fake_lambda.invocations)
    assert first == second


@pytest.mark.parametrize(
    ("command", "to"),
    [(ReserveStock(order="1"), "Bank"), (RequestTimedOut, "Stock")],
    ids=["no such service", "no such command"],
)
def test_what_the_topology_does_not_declare_is_not_invoked_later(
    harness: ConsumerHarness, fake_lambda: FakeLambda, command: object, to: str
) -> None:
    if command is RequestTimedOut:
        raw = msgspec.Raw(b"{}")
        command = RequestTimedOut(request_id="r", request_tag="t", timeout=1, request=raw)
    errors: list[NotDeclared] = []

    def wrong(_: OrderPlaced, context: Context) -> None:
        assert isinstance(command, ReserveStock | RequestTimedOut)
        with pytest.raises(NotDeclared, match="add it to `invokes`") as caught:
            context.invoke(command, to=to, wait=False)
        errors.append(caught.value)

    receive(wrong)

    assert len(errors) == 1
    assert fake_lambda.invocations == []
