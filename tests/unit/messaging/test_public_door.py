"""What users of the runtime may import, and what that costs them."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import messaging
import messaging.testing
from messaging.settings import Settings
from messaging.testing import FakeLambdaContext
from tests.unit.conftest import Configure

LAMBDAS = Path(messaging.__file__).resolve().parent.parent
PUBLIC = [
    "Allowed",
    "Api",
    "ApiContext",
    "Authorizer",
    "AuthorizerRequest",
    "CallFailed",
    "CallTimedOut",
    "Consumer",
    "Context",
    "Denied",
    "Function",
    "HandlerTimedOut",
    "InvalidMessage",
    "MessageLimitExceeded",
    "MessagingError",
    "Middleware",
    "NoReplyExpected",
    "NotDeclared",
    "PublishFailed",
    "Reject",
    "Rejected",
    "RequeueFailed",
    "Response",
    "Retry",
]
# Slow to import, and of no use before the first message.
HEAVY = ("boto3", "botocore", "concurrent.futures", "asyncio", "urllib3", "inspect", "dataclasses")


def test_the_door_is_exactly_this_wide() -> None:
    assert messaging.__all__ == PUBLIC
    assert sorted(PUBLIC) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_says_what_it_is(name: str) -> None:
    thing = getattr(messaging, name)
    assert (inspect.getdoc(thing) or "").strip()
    assert thing.__doc__ != (thing.__mro__[1].__doc__), "its own words, not its parent's"


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_method_says_what_it_does(name: str) -> None:
    members = inspect.getmembers(getattr(messaging, name))
    silent = [
        member
        for member, value in members
        if not member.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, property))
        and not inspect.getdoc(value)
    ]
    assert silent == []


def test_what_is_not_there_is_not_there() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        assert messaging.nonsense  # type: ignore[attr-defined]  # that is the point


def test_the_test_kit_has_a_door_too() -> None:
    assert sorted(messaging.testing.__all__) == messaging.testing.__all__
    assert all(inspect.getdoc(getattr(messaging.testing, n)) for n in messaging.testing.__all__)


@pytest.mark.parametrize(
    "module", ["messaging", "messaging.http.api", "messaging.sending.publisher", "messaging.table"]
)
def test_importing_it_is_cheap_and_calls_nobody(module: str) -> None:
    program = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        cwd=LAMBDAS,
        env={"PYTHONPATH": str(LAMBDAS), "PATH": ""},
        text=True,
    )

    loaded = set(json.loads(done.stdout))
    heavy = HEAVY if module == "messaging" else HEAVY[:4]
    assert loaded & set(heavy) == set()
    assert "messaging.testing" not in loaded


def test_a_function_that_is_no_consumer_cannot_be_used_as_one(configure: Configure) -> None:
    configure(Settings(stage="test", service="Test", msg_out_arn=""))
    with pytest.raises(messaging.InvalidMessage, match="not those of a consumer"):
        messaging.Consumer()({"Records": []}, FakeLambdaContext())


@pytest.mark.parametrize("after", [-1, 31 * 86_400, float("nan"), float("inf")])
def test_a_retry_in_the_past_or_the_far_future_is_refused(after: float) -> None:
    with pytest.raises(ValueError, match="0 to 2592000"):
        messaging.Retry(delay=after)


def test_a_handler_that_would_never_run_is_refused() -> None:
    """A coroutine or a generator that is called and not awaited acknowledges messages unread."""
    from tests.unit.messaging.orders import OrderPlaced

    consumer = messaging.Consumer()

    async def coroutine(order: OrderPlaced, context: messaging.Context) -> None: ...

    def generator(order: OrderPlaced, context: messaging.Context):  # type: ignore[no-untyped-def]
        yield order

    async def both(order: OrderPlaced, context: messaging.Context):  # type: ignore[no-untyped-def]
        yield order

    for function in (coroutine, generator, both):
        with pytest.raises(TypeError, match="calling it does not run it"):
            consumer.on(OrderPlaced)(function)  # type: ignore[arg-type]  # mypy says so too
    assert consumer.handles == frozenset()
