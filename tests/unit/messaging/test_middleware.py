"""Middleware around handlers; the first part is the example of the guide."""

import json
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from contracts import Event
from messaging import Consumer, Context, Function, Reject, Retry, log
from messaging.testing import ConsumerHarness, FakeLambdaContext
from tests.unit.messaging.orders import OrderPacked, OrderPlaced
from tests.unit.messaging.requesting_service import ReserveStock

MakeHarness = Callable[..., ConsumerHarness]

# What the handler below has packed, by tenant.
PACKED: list[tuple[str, str]] = []

Handler = Callable[..., Event | None]

tenant: ContextVar[str] = ContextVar("tenant")


def with_tenant(handler: Handler, message: Any, context: Context) -> Event | None:
    """Let everything that the handler calls see whose message it is."""
    token = tenant.set(message.id.partition("-")[0])
    try:
        return handler(message, context)
    finally:
        tenant.reset(token)


def timed(handler: Handler, message: Any, context: Context) -> Event | None:
    """Log how long the handler took, and for which tenant."""
    started = time.perf_counter()
    try:
        return handler(message, context)
    finally:
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        log.info("handler timed", tenant=tenant.get(), durationMs=milliseconds)


orders = Consumer(middleware=(with_tenant, timed))


@orders.on(OrderPlaced)
def pack(order: OrderPlaced, context: Context) -> None:
    """Pack the order of the tenant."""
    PACKED.append((tenant.get(), order.id))


def test_a_tenant_and_a_timer_around_every_handler(
    make_harness: MakeHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness = make_harness()
    PACKED.clear()
    harness.send(OrderPlaced(id="acme-1"))

    harness.deliver(orders)

    assert PACKED == [("acme", "acme-1")]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line.get("event") == "handler timed"]
    assert line["tenant"] == "acme"
    assert line["durationMs"] >= 0
    with pytest.raises(LookupError):
        tenant.get()


def noting(name: str, notes: list[str]) -> Any:
    """Return a middleware that notes when it begins and ends."""

    def middleware(handler: Handler, message: Any, context: Context) -> Event | None:
        notes.append(f"{name} begins")
        try:
            return handler(message, context)
        finally:
            notes.append(f"{name} ends")

    return middleware


def test_the_first_middleware_is_the_outermost(make_harness: MakeHarness) -> None:
    harness, notes = make_harness(), list[str]()
    orders = Consumer(middleware=(noting("first", notes), noting("second", notes)))
    orders.on(OrderPlaced)(lambda order, context: notes.append("handler"))
    harness.send(OrderPlaced(id="1"))

    harness.deliver(orders)

    assert notes == ["first begins", "second begins", "handler", "second ends", "first ends"]


def test_what_a_handler_returns_passes_through(make_harness: MakeHarness) -> None:
    harness = make_harness(publishes=(OrderPacked,))
    orders = Consumer(middleware=(noting("any", []),))
    orders.on(OrderPlaced)(lambda order, context: OrderPacked(id=order.id))
    harness.send(OrderPlaced(id="1"))

    harness.deliver(orders)

    assert [message.read(OrderPacked).id for message in harness.published()] == ["1"]


@pytest.mark.parametrize(
    ("error", "requeued", "dead"),
    [(Retry(delay=7), 1, 0), (Reject("no"), 0, 1), (ConnectionError("down"), 1, 0)],
)
def test_an_error_of_a_middleware_is_the_handlers_own(
    make_harness: MakeHarness, error: Exception, requeued: int, dead: int
) -> None:
    harness, ran = make_harness(), list[str]()

    def refuse(handler: Handler, message: Any, context: Context) -> Event | None:
        raise error

    orders = Consumer(middleware=(refuse,))
    orders.on(OrderPlaced)(lambda order, context: ran.append(order.id))
    harness.send(OrderPlaced(id="1"))

    harness.deliver(orders)

    assert (len(harness.requeued()), len(harness.dead_letters()), ran) == (requeued, dead, [])


def test_a_time_limit_ends_the_handler_and_its_middleware_cleans_up(
    make_harness: MakeHarness,
) -> None:
    harness, notes = make_harness(handler_timeout=0.2), list[str]()
    orders = Consumer(middleware=(noting("any", notes),))
    orders.on(OrderPlaced)(lambda order, context: time.sleep(5))
    harness.send(OrderPlaced(id="1"))

    harness.deliver(orders)

    assert notes == ["any begins", "any ends"]
    assert "HandlerTimedOut" in (harness.requeued()[0].error or "")


def test_without_middleware_the_handler_is_called_itself() -> None:
    def handle(order: OrderPlaced, context: Context) -> None:
        """Do nothing."""

    orders, stock = Consumer(), Function(middleware=(noting("any", []),))
    orders.on(OrderPlaced)(handle)
    stock.on(OrderPlaced)(handle)

    assert orders._handlers["OrderPlaced"].handle is handle
    assert stock._handlers["OrderPlaced"].handle is not handle


def test_an_invocation_passes_through_the_middleware_too(make_harness: MakeHarness) -> None:
    make_harness(invocable=(ReserveStock,))
    notes = list[str]()
    stock = Function(middleware=(noting("any", notes),))
    stock.on(ReserveStock)(lambda command, context: notes.append(command.order))

    stock({"msgTag": "ReserveStock", "body": {"order": "1"}}, FakeLambdaContext())

    assert notes == ["any begins", "1", "any ends"]


def test_a_late_reply_passes_through_the_middleware_too() -> None:
    replies = Consumer(middleware=(noting("any", []),))
    replies.on(OrderPlaced)(lambda order, context: None)
    replies.on_late_reply(OrderPlaced)(handle := lambda order, context: None)

    late = replies._handlers["OrderPlaced"].late
    assert late is not None
    assert late is not handle


async def later(handler: Handler, message: Any, context: Context) -> Event | None:
    """Never runs: nobody awaits it."""
    return handler(message, context)


def lazily(handler: Handler, message: Any, context: Context) -> Any:
    """Never runs: nobody iterates over it."""
    yield handler(message, context)


@pytest.mark.parametrize("middleware", [later, lazily])
def test_a_middleware_that_would_never_run_is_refused(middleware: Any) -> None:
    with pytest.raises(TypeError, match="the middleware is async or a generator"):
        Consumer(middleware=(middleware,))
