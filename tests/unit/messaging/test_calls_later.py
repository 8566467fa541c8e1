"""Work that is handed to a function leaves once its handler has succeeded."""

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
from tests.unit.messaging.functions import ARN, Answer, Functions, Reply, refused
from tests.unit.messaging.orders import OrderPacked, OrderPlaced
from tests.unit.messaging.requesting_service import ReserveStock

ACCEPTED = Reply(status=202)


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch, mocked_aws: None) -> Functions:
    """Lambda, which accepts whatever comes; its client sleeps between its tries."""
    functions = Functions(monkeypatch)
    functions.answer(ACCEPTED)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=functions.clock.sleep))
    return functions


@pytest.fixture
def harness(functions: Functions) -> ConsumerHarness:
    harness = ConsumerHarness(publishes=(OrderPacked,))
    invokes = {"Stock": {"ReserveStock": ARN}}
    harness.use(msgspec.structs.replace(settings(), invokes=invokes))
    return harness


def hand_over(order: OrderPlaced, context: Context) -> str:
    return context.invoke(ReserveStock(order=order.id), to="Stock", wait=False)


def receive(
    do: Callable[[OrderPlaced, Context], object], *ids: str, header: Header | None = None
) -> None:
    records = [sent(OrderPlaced(id=id_), header) for id_ in ids or ("1",)]
    consumer_that(do)(event(*records), FakeLambdaContext())


def test_the_call_is_the_message_and_nobody_waits_for_its_result(
    harness: ConsumerHarness, functions: Functions
) -> None:
    ids: list[str] = []
    waiting = Header(id="q", correlationid="c", requestservices=("Web",), requestids=("w",))

    receive(lambda order, context: ids.append(hand_over(order, context)), header=waiting)

    (asked,) = functions.asked
    assert (asked.function, asked.kind) == (ARN, "Event")
    header = asked.payload.pop("header")
    assert asked.payload == {
        "msgTag": "ReserveStock",
        "fromService": "Test",
        "body": {"order": "1", "pieces": 1},
        "later": True,
    }
    assert [header["id"]] == ids
    assert (header["correlationid"], header["requestservices"]) == ("c", ["Web"])
    assert harness.requeued() == []


def test_a_function_can_read_the_call(harness: ConsumerHarness, functions: Functions) -> None:
    seen: list[tuple[ReserveStock, str | None, str]] = []
    function = Function()

    @function.on(ReserveStock)
    def reserve(command: ReserveStock, context: Context) -> None:
        seen.append((command, context.from_service, context.correlation_id))

    receive(hand_over, header=Header(id="q", correlationid="c"))
    harness.use(msgspec.structs.replace(settings(), invocable=("ReserveStock",)))
    (asked,) = functions.asked

    assert function(asked.payload, FakeLambdaContext()) == {"result": None}
    assert seen == [(ReserveStock(order="1"), "Test", "c")]


def test_it_is_held_back_until_the_handler_has_succeeded(
    harness: ConsumerHarness, functions: Functions
) -> None:
    before: list[int] = []

    def look(order: OrderPlaced, context: Context) -> None:
        hand_over(order, context)
        before.append(len(functions.asked))

    receive(look)

    assert before == [0]
    assert len(functions.asked) == 1


def test_a_handler_that_fails_hands_nothing_over(
    harness: ConsumerHarness, functions: Functions
) -> None:
    def hand_over_and_fail(order: OrderPlaced, context: Context) -> None:
        hand_over(order, context)
        fail()

    receive(hand_over_and_fail)

    assert functions.asked == []
    assert [copy.attempt for copy in harness.requeued()] == [2]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(Reply(status=200), "CallFailed: Lambda answered 200", id="run at once"),
        pytest.param(
            refused(404, "ResourceNotFoundException"), "ResourceNotFoundException", id="not there"
        ),
        pytest.param(
            refused(429, "TooManyRequestsException"), "TooManyRequestsException", id="throttled"
        ),
    ],
)
def test_a_record_whose_call_is_not_accepted_has_failed(
    harness: ConsumerHarness, functions: Functions, answer: Answer, error: str
) -> None:
    functions.answer(answer)

    receive(hand_over)

    (copy,) = harness.requeued()
    assert copy.attempt == 2
    assert (copy.error or "").startswith("PublishFailed: a message it sent could not leave: ")
    assert error in (copy.error or "")


def test_a_throttled_call_is_made_again_by_the_sdk(
    harness: ConsumerHarness, functions: Functions
) -> None:
    functions.answer(refused(429, "TooManyRequestsException"), ACCEPTED)

    receive(hand_over)

    assert len({each.payload["header"]["id"] for each in functions.asked}) == 1
    assert len(functions.asked) == 2
    assert harness.requeued() == []


def test_only_the_record_whose_call_is_not_accepted_comes_again(
    harness: ConsumerHarness, functions: Functions
) -> None:
    def answer() -> Reply:
        bad = functions.asked[-1].payload["body"]["order"] == "2"
        return refused(404, "ResourceNotFoundException") if bad else ACCEPTED

    functions.answer(answer)
    receive(hand_over, "1", "2", "3")

    assert {each.payload["body"]["order"] for each in functions.asked} == {"1", "2", "3"}
    assert [copy.read(OrderPlaced).id for copy in harness.requeued()] == ["2"]


def test_a_handler_that_runs_again_hands_over_the_same(
    harness: ConsumerHarness, functions: Functions
) -> None:
    for _ in range(2):
        receive(hand_over, header=Header(id="q"))

    first, second = (each.payload["header"]["id"] for each in functions.asked)
    assert first == second


@pytest.mark.parametrize(
    ("command", "to"),
    [(ReserveStock(order="1"), "Bank"), (RequestTimedOut, "Stock")],
    ids=["no such service", "no such command"],
)
def test_what_the_map_does_not_declare_is_not_handed_over(
    harness: ConsumerHarness, functions: Functions, command: object, to: str
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
    assert functions.asked == []
