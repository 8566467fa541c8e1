"""The doors: what users of the runtime import, and what an import loads."""

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import messaging
import messaging.http
import messaging.testing
from messaging.settings import Settings
from messaging.testing import FakeLambdaContext
from tests.conftest import Configure

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
    "ReplyCount",
    "RequeueFailed",
    "Response",
    "Retry",
    "accepted",
    "client",
    "created",
    "log",
    "ok",
    "problem",
    "resource",
    "table",
]
HTTP = [
    "Allowed",
    "Api",
    "ApiContext",
    "Authorizer",
    "AuthorizerRequest",
    "Denied",
    "Response",
    "accepted",
    "created",
    "ok",
    "problem",
]
# Slow to import, and not needed before the first message.
HEAVY = ("boto3", "botocore", "concurrent.futures", "asyncio", "urllib3", "inspect", "dataclasses")


def test_the_doors_have_exactly_these_names() -> None:
    assert messaging.__all__ == PUBLIC == sorted(PUBLIC)
    assert messaging.http.__all__ == HTTP == sorted(HTTP)


@pytest.mark.parametrize("name", HTTP)
def test_a_name_of_two_doors_is_the_same_thing(name: str) -> None:
    assert getattr(messaging, name) is getattr(messaging.http, name)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_a_docstring_of_its_own(name: str) -> None:
    thing = getattr(messaging, name)
    assert (inspect.getdoc(thing) or "").strip()
    if inspect.isclass(thing):
        assert thing.__doc__ != thing.__mro__[1].__doc__


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_method_has_a_docstring(name: str) -> None:
    members = inspect.getmembers(getattr(messaging, name))
    silent = [
        member
        for member, value in members
        if not member.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, property))
        and not inspect.getdoc(value)
    ]
    assert silent == []


@pytest.mark.parametrize("door", [messaging, messaging.http])
def test_another_name_is_an_attribute_error(door: Any) -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        assert door.nonsense


def test_the_test_kit_has_a_door_too() -> None:
    assert sorted(messaging.testing.__all__) == messaging.testing.__all__
    assert all(inspect.getdoc(getattr(messaging.testing, n)) for n in messaging.testing.__all__)


@pytest.mark.parametrize(
    "module", ["messaging", "messaging.http.api", "messaging.sending.publisher", "messaging.table"]
)
def test_importing_it_loads_nothing_heavy(module: str) -> None:
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


@pytest.mark.parametrize("delay", [-1, 31 * 86_400, float("nan"), float("inf")])
def test_a_retry_delay_out_of_range_is_refused(delay: float) -> None:
    with pytest.raises(ValueError, match="0 to 2592000"):
        messaging.Retry(delay=delay)


def test_a_handler_that_calling_does_not_run_is_refused() -> None:
    """Called and not awaited, a coroutine or a generator would acknowledge messages unhandled."""
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
