"""A call is made again only where that cannot make the function run twice, or where it may."""

import random
from types import SimpleNamespace

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from messaging import CallFailed, CallTimedOut, Rejected
from messaging.aws import clients as aws
from messaging.sending import invocations as calls
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.settings import Settings
from messaging.wire.header import Header
from tests.unit.messaging.functions import ARN, Answer, Functions, raised, refused, result
from tests.unit.messaging.requesting_service import ReserveStock, StockReserved

GOOD, FOUND = result({"order": "1"}), StockReserved(order="1")
URL = "https://lambda"
THROTTLED = refused(429, "TooManyRequestsException", "Rate Exceeded.")
UNREACHABLE = EndpointConnectionError(endpoint_url=URL)
TOO_SLOW = ReadTimeoutError(endpoint_url=URL)

NOT_RUN = [
    pytest.param(THROTTLED, id="throttled"),
    pytest.param(refused(429, "ThrottlingException"), id="throttled by another name"),
    pytest.param(refused(429, "SomethingNewException"), id="throttled by a new name"),
    pytest.param(refused(502, "EC2ThrottledException"), id="throttled by EC2"),
    pytest.param(UNREACHABLE, id="refused"),
    pytest.param(ConnectTimeoutError(endpoint_url=URL), id="not connected"),
]
MAYBE_RUN = [
    pytest.param(refused(500, "ServiceException"), id="broken"),
    pytest.param(refused(503, "ServiceUnavailable"), id="unavailable"),
    pytest.param(ConnectionClosedError(endpoint_url=URL), id="closed"),
]
NEVER = [
    pytest.param(refused(404, "ResourceNotFoundException"), id="no such function"),
    pytest.param(refused(403, "AccessDeniedException"), id="not allowed"),
    pytest.param(refused(413, "RequestTooLargeException"), id="too large"),
    pytest.param(raised({"errorMessage": "no", "errorType": "ValueError"}), id="the function"),
    pytest.param(TypeError("a bug"), id="anything else"),
]


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    return Functions(monkeypatch)


def ask(timeout: float = 10, *, idempotent: bool = False) -> StockReserved | Rejected:
    config = Settings(stage="test", service="Test", msg_out_arn="")
    message = compose(ReserveStock(order="1"), Header(id="m"), config, Address("function", ARN))
    return calls.invoke(message, StockReserved, timeout=timeout, idempotent=idempotent)


either = pytest.mark.parametrize("idempotent", [False, True])


@either
@pytest.mark.parametrize("failure", NOT_RUN)
def test_a_call_that_did_not_reach_its_function_is_made_again(
    functions: Functions, failure: Answer, idempotent: bool
) -> None:
    functions.answer(failure, failure, GOOD)

    assert ask(idempotent=idempotent) == FOUND
    assert [each.payload["header"]["id"] for each in functions.asked] == ["m"] * 3


@pytest.mark.parametrize("failure", MAYBE_RUN)
def test_a_call_that_may_have_reached_its_function_is_made_once(
    functions: Functions, failure: Answer
) -> None:
    functions.answer(failure, GOOD)

    with pytest.raises(CallFailed, match=f"{ARN} could not be asked") as caught:
        ask()

    assert not isinstance(caught.value, CallTimedOut)
    assert len(functions.asked) == 1
    assert functions.clock.slept == []


@pytest.mark.parametrize("failure", MAYBE_RUN)
def test_an_idempotent_one_is_made_again(functions: Functions, failure: Answer) -> None:
    functions.answer(failure, GOOD)

    assert ask(idempotent=True) == FOUND
    assert len(functions.asked) == 2


@either
@pytest.mark.parametrize("failure", NEVER)
def test_a_call_that_would_fail_again_is_made_once(
    functions: Functions, failure: Answer, idempotent: bool
) -> None:
    functions.answer(failure, GOOD)

    with pytest.raises(CallFailed):
        ask(idempotent=idempotent)

    assert len(functions.asked) == 1


def test_a_function_that_nobody_deployed_is_named_with_a_hint(functions: Functions) -> None:
    functions.answer(refused(404, "ResourceNotFoundException", f"Function not found: {ARN}"))

    with pytest.raises(CallFailed, match="is its service deployed") as caught:
        ask()

    assert (caught.value.type, caught.value.text) == (
        "ResourceNotFoundException",
        f"Function not found: {ARN}",
    )


# Time.


@either
def test_a_function_that_does_not_answer_in_time_has_timed_out(
    functions: Functions, idempotent: bool
) -> None:
    functions.answer(functions.after(10, TOO_SLOW), GOOD)

    with pytest.raises(CallTimedOut, match=f"{ARN} did not answer within 10 s"):
        ask(timeout=10, idempotent=idempotent)

    assert functions.waits == [10]


def test_a_function_that_does_not_answer_is_not_asked_twice_although_there_is_time(
    functions: Functions,
) -> None:
    functions.answer(functions.after(3, UNREACHABLE), functions.after(1, TOO_SLOW), GOOD)

    with pytest.raises(CallTimedOut):
        ask(timeout=10)

    assert len(functions.asked) == 2


def test_an_idempotent_function_is_asked_again_while_there_is_time(functions: Functions) -> None:
    functions.answer(functions.after(3, UNREACHABLE), functions.after(1, TOO_SLOW), GOOD)

    assert ask(timeout=10, idempotent=True) == FOUND


def test_the_pauses_grow_up_to_two_seconds(functions: Functions) -> None:
    functions.answer(*[THROTTLED] * 8, GOOD)

    assert ask(timeout=60) == FOUND
    assert functions.clock.slept == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2, 2]


def test_the_pauses_are_jittered_down_to_none(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    monkeypatch.setattr(calls, "random", SimpleNamespace(uniform=draw))
    functions.answer(THROTTLED, THROTTLED, GOOD)

    assert ask() == FOUND
    assert drawn == [(0, 0.05), (0, 0.1)]
    assert functions.clock.slept == [0, 0]


@pytest.mark.parametrize("timeout", [0.3, 1, 7.5, 30])
def test_a_throttled_call_gives_up_within_its_time(functions: Functions, timeout: float) -> None:
    functions.answer(functions.after(0.01, THROTTLED))
    started = functions.clock.now

    with pytest.raises(CallFailed, match="TooManyRequestsException: Rate Exceeded") as caught:
        ask(timeout=timeout)

    assert not isinstance(caught.value, CallTimedOut)
    assert caught.value.type == "TooManyRequestsException"
    assert 1 < len(functions.asked) < 40
    assert timeout - 2.2 <= functions.clock.now - started <= timeout


@pytest.mark.parametrize("elapsed", [0.0, 1.0, 4.321, 9.0, 9.8])
def test_no_call_waits_for_longer_than_there_is_time_and_none_for_much_less(
    functions: Functions, elapsed: float
) -> None:
    functions.answer(functions.after(elapsed, UNREACHABLE), GOOD)

    assert ask(timeout=10) == FOUND

    first, second = functions.waits
    left = 10 - elapsed - 0.05
    assert first == 10
    assert second is not None
    assert 0.9 * left <= second <= left + 1e-9


def test_a_call_is_not_made_again_when_nobody_could_wait_for_its_answer(
    functions: Functions,
) -> None:
    functions.answer(functions.after(9.9, UNREACHABLE), GOOD)

    with pytest.raises(CallFailed, match="EndpointConnectionError"):
        ask(timeout=10)

    assert len(functions.asked) == 1


@pytest.mark.parametrize("timeout", [0, -0.5])
def test_without_time_nobody_is_asked(functions: Functions, timeout: float) -> None:
    functions.answer(GOOD)

    with pytest.raises(CallTimedOut, match=f"{ARN} was not asked: no time is left"):
        ask(timeout=timeout)

    assert functions.asked == []


@pytest.mark.parametrize("timeout", [0.05, 0.25, 0.29, 0.3, 1, 2.5, 5, 10, 12, 30, 60, 120, 900])
def test_a_time_limit_of_two_digits_is_kept_to_the_letter(
    functions: Functions, timeout: float
) -> None:
    functions.answer(GOOD)
    ask(timeout=timeout)
    assert functions.waits == [timeout]


def test_there_are_few_clients_however_many_time_limits_there_are(functions: Functions) -> None:
    functions.answer(GOOD)
    limits = [9 + random.random() for _ in range(200)]

    for limit in limits:
        ask(timeout=limit)

    assert len(set(functions.waits)) <= 10
    for wait, limit in zip(functions.waits, limits, strict=True):
        assert wait is not None
        assert wait <= limit < wait + 0.1


def test_a_client_that_waits_calls_once_and_connects_no_longer_than_it_waits() -> None:
    for wait in (0.5, 10):
        config = aws.client("lambda", wait=wait).meta.config
        assert (config.read_timeout, config.connect_timeout) == (wait, min(2, wait))
        assert config.retries["total_max_attempts"] == 1
        assert aws.client("lambda", wait=wait).meta.config is config
