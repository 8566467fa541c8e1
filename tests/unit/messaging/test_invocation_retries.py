"""An invocation is repeated only if the function has not run, or if it is idempotent."""

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
from messaging.sending import invocations
from messaging.sending.address import Address
from messaging.sending.compose import compose
from messaging.settings import Settings
from messaging.wire.header import Header
from tests.unit.messaging.fake_lambda import ARN, Behaviour, FakeLambda, raised, refused, result
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
def fake_lambda(monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    return FakeLambda(monkeypatch)


def invoke(timeout: float = 10, *, idempotent: bool = False) -> StockReserved | Rejected:
    config = Settings(stage="test", service="Test", msg_out_arn="")
    message = compose(ReserveStock(order="1"), Header(id="m"), config, Address("function", ARN))
    return invocations.invoke(message, StockReserved, timeout=timeout, idempotent=idempotent)


either = pytest.mark.parametrize("idempotent", [False, True])


@either
@pytest.mark.parametrize("failure", NOT_RUN)
def test_an_invocation_that_did_not_run_the_function_is_repeated(
    fake_lambda: FakeLambda, failure: Behaviour, idempotent: bool
) -> None:
    fake_lambda.respond(failure, failure, GOOD)

    assert invoke(idempotent=idempotent) == FOUND
    assert [each.payload["header"]["id"] for each in fake_lambda.invocations] == ["m"] * 3


@pytest.mark.parametrize("failure", MAYBE_RUN)
def test_an_invocation_that_may_have_run_the_function_is_not_repeated(
    fake_lambda: FakeLambda, failure: Behaviour
) -> None:
    fake_lambda.respond(failure, GOOD)

    with pytest.raises(CallFailed, match=f"{ARN} could not be invoked") as caught:
        invoke()

    assert not isinstance(caught.value, CallTimedOut)
    assert len(fake_lambda.invocations) == 1
    assert fake_lambda.clock.slept == []


@pytest.mark.parametrize("failure", MAYBE_RUN)
def test_an_idempotent_invocation_that_may_have_run_is_repeated(
    fake_lambda: FakeLambda, failure: Behaviour
) -> None:
    fake_lambda.respond(failure, GOOD)

    assert invoke(idempotent=True) == FOUND
    assert len(fake_lambda.invocations) == 2


@either
@pytest.mark.parametrize("failure", NEVER)
def test_an_invocation_that_would_fail_again_is_not_repeated(
    fake_lambda: FakeLambda, failure: Behaviour, idempotent: bool
) -> None:
    fake_lambda.respond(failure, GOOD)

    with pytest.raises(CallFailed):
        invoke(idempotent=idempotent)

    assert len(fake_lambda.invocations) == 1


def test_a_function_that_is_not_deployed_is_named_with_a_hint(fake_lambda: FakeLambda) -> None:
    fake_lambda.respond(refused(404, "ResourceNotFoundException", f"Function not found: {ARN}"))

    with pytest.raises(CallFailed, match="is its service deployed") as caught:
        invoke()

    assert (caught.value.type, caught.value.text) == (
        "ResourceNotFoundException",
        f"Function not found: {ARN}",
    )


# Time limits.


@either
def test_a_function_that_does_not_return_in_time_has_timed_out(
    fake_lambda: FakeLambda, idempotent: bool
) -> None:
    fake_lambda.respond(fake_lambda.after(10, TOO_SLOW), GOOD)

    with pytest.raises(CallTimedOut, match=f"{ARN} returned no result within 10 s"):
        invoke(timeout=10, idempotent=idempotent)

    assert fake_lambda.timeouts == [10]


def test_a_function_that_may_be_running_is_not_invoked_twice_although_there_is_time(
    fake_lambda: FakeLambda,
) -> None:
    fake_lambda.respond(fake_lambda.after(3, UNREACHABLE), fake_lambda.after(1, TOO_SLOW), GOOD)

    with pytest.raises(CallTimedOut):
        invoke(timeout=10)

    assert len(fake_lambda.invocations) == 2


def test_an_idempotent_function_is_invoked_again_while_there_is_time(
    fake_lambda: FakeLambda,
) -> None:
    fake_lambda.respond(fake_lambda.after(3, UNREACHABLE), fake_lambda.after(1, TOO_SLOW), GOOD)

    assert invoke(timeout=10, idempotent=True) == FOUND


def test_the_pauses_grow_up_to_two_seconds(fake_lambda: FakeLambda) -> None:
    fake_lambda.respond(*[THROTTLED] * 8, GOOD)

    assert invoke(timeout=60) == FOUND
    assert fake_lambda.clock.slept == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2, 2]


def test_the_pauses_are_jittered_down_to_none(
    fake_lambda: FakeLambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    monkeypatch.setattr(invocations, "random", SimpleNamespace(uniform=draw))
    fake_lambda.respond(THROTTLED, THROTTLED, GOOD)

    assert invoke() == FOUND
    assert drawn == [(0, 0.05), (0, 0.1)]
    assert fake_lambda.clock.slept == [0, 0]


@pytest.mark.parametrize("timeout", [0.3, 1, 7.5, 30])
def test_a_throttled_invocation_fails_within_its_time(
    fake_lambda: FakeLambda, timeout: float
) -> None:
    fake_lambda.respond(fake_lambda.after(0.01, THROTTLED))
    started = fake_lambda.clock.now

    with pytest.raises(CallFailed, match="TooManyRequestsException: Rate Exceeded") as caught:
        invoke(timeout=timeout)

    assert not isinstance(caught.value, CallTimedOut)
    assert caught.value.type == "TooManyRequestsException"
    assert 1 < len(fake_lambda.invocations) < 40
    assert timeout - 2.2 <= fake_lambda.clock.now - started <= timeout


@pytest.mark.parametrize("elapsed", [0.0, 1.0, 4.321, 9.0, 9.8])
def test_no_timeout_is_longer_than_the_time_left_and_none_much_shorter(
    fake_lambda: FakeLambda, elapsed: float
) -> None:
    fake_lambda.respond(fake_lambda.after(elapsed, UNREACHABLE), GOOD)

    assert invoke(timeout=10) == FOUND

    first, second = fake_lambda.timeouts
    left = 10 - elapsed - 0.05
    assert first == 10
    assert second is not None
    assert 0.9 * left <= second <= left + 1e-9


def test_an_invocation_is_not_repeated_when_its_result_would_be_too_late(
    fake_lambda: FakeLambda,
) -> None:
    fake_lambda.respond(fake_lambda.after(9.9, UNREACHABLE), GOOD)

    with pytest.raises(CallFailed, match="EndpointConnectionError"):
        invoke(timeout=10)

    assert len(fake_lambda.invocations) == 1


@pytest.mark.parametrize("timeout", [0, -0.5])
def test_without_time_no_function_is_invoked(fake_lambda: FakeLambda, timeout: float) -> None:
    fake_lambda.respond(GOOD)

    with pytest.raises(CallTimedOut, match=f"{ARN} was not invoked: no time is left"):
        invoke(timeout=timeout)

    assert fake_lambda.invocations == []


@pytest.mark.parametrize("timeout", [0.05, 0.25, 0.29, 0.3, 1, 2.5, 5, 10, 12, 30, 60, 120, 900])
def test_a_time_limit_of_two_digits_is_kept_exactly(
    fake_lambda: FakeLambda, timeout: float
) -> None:
    fake_lambda.respond(GOOD)
    invoke(timeout=timeout)
    assert fake_lambda.timeouts == [timeout]


def test_there_are_few_clients_however_many_time_limits_there_are(fake_lambda: FakeLambda) -> None:
    fake_lambda.respond(GOOD)
    limits = [9 + random.random() for _ in range(200)]

    for limit in limits:
        invoke(timeout=limit)

    assert len(set(fake_lambda.timeouts)) <= 10
    for timeout, limit in zip(fake_lambda.timeouts, limits, strict=True):
        assert timeout is not None
        assert timeout <= limit < timeout + 0.1


def test_a_client_with_a_timeout_does_not_retry_and_connects_within_it() -> None:
    for timeout in (0.5, 10):
        config = aws.client("lambda", timeout=timeout).meta.config
        assert (config.read_timeout, config.connect_timeout) == (timeout, min(2, timeout))
        assert config.retries["total_max_attempts"] == 1
        assert aws.client("lambda", timeout=timeout).meta.config is config
