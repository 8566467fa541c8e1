"""The handler of every message: it does what the message's plan says."""

from typing import TYPE_CHECKING, Final

from messaging import Consumer, Context, Reject, Retry
from messaging.errors import HandlerTimedOut
from tests.unit.messaging.invariant.faults import Fault
from tests.unit.messaging.invariant.invariants_handlers import effect, started
from tests.unit.messaging.invariant.invariants_sending import sent
from tests.unit.messaging.invariant.parcels import OrderCounted, Parcel
from tests.unit.messaging.invariant.plans import Plan
from tests.unit.messaging.invariant.process import Run
from tests.unit.messaging.invariant.shapes import token_of
from tests.unit.messaging.orders import OrderPlaced

if TYPE_CHECKING:
    from tests.unit.messaging.invariant.world import World

_FAULTS: Final[tuple[Fault, ...]] = ("die before", "die after", "meanwhile")
_FOREVER: Final = 10.0**6


class Unprintable(Exception):
    """An error that fails to say what it is."""

    def __str__(self) -> str:
        """Fail."""
        raise ValueError("no words")


def consumer(world: "World") -> Consumer:
    """Return the consumer of a world."""
    consumer, handler = Consumer(non_retryable=(LookupError,)), _Handler(world)

    @consumer.on(OrderCounted)
    @consumer.on(OrderPlaced)
    def handle(order: OrderPlaced, context: Context) -> None:
        handler.handle(order, context)

    return consumer


class _Handler:
    """Handles messages, and tells the ledger."""

    def __init__(self, world: "World") -> None:
        self._world, self._ledger = world, world.ledger

    def handle(self, order: OrderPlaced, context: Context) -> None:
        """Handle a message."""
        run = started(self._ledger, self._world.process, token_of(order.id), context)
        self._ledger.handled_now.append(run)
        try:
            self._handle(run, context)
        finally:
            # One that hangs has left already.
            if run in self._ledger.handled_now:
                self._ledger.handled_now.remove(run)

    def _handle(self, run: Run, context: Context) -> None:
        message = self._ledger.messages[run.token]
        plan, fails = message.plan, len(message.attempts) <= message.plan.fails
        self._world.point(_FAULTS)
        if plan.seconds:
            self._ledger.calm = False
            self._sleep(plan.seconds, run, context)
        again = plan.later is not None and len(message.attempts) > 1
        for part in plan.later or "" if again else plan.publishes:
            self._publish(part, run, context, "x" * 9_000 if plan.large else "")
        if fails and plan.how != "killed after":
            self._fail(plan, run, context)
        effect(self._ledger, run)
        if fails or self._world.point(_FAULTS) == "die after":
            self._ledger.calm = False
            self._world.die()
        run.returned = True

    def _publish(self, part: str, run: Run, context: Context, note: str) -> None:
        message_group = f"{run.token}-{part == 'B'}"
        id_ = context.publish(
            Parcel(order=run.token, part=part, message_group=message_group, note=note)
        )
        sent(self._ledger, run, part, message_group, id_)

    def _sleep(self, seconds: float, run: Run, context: Context) -> None:
        left = context.remaining()
        threads = self._world.profile.concurrency > 1
        if seconds >= left:
            self._ledger.handled_now.remove(run)
            run.left_behind = threads
        self._world.pause(_FOREVER if threads and seconds >= left else min(seconds, left))
        if seconds >= left:
            raise HandlerTimedOut

    def _fail(self, plan: Plan, run: Run, context: Context) -> None:
        match plan.how:
            case "error":
                raise ConnectionError("the warehouse does not answer")
            case "odd error":
                raise ValueError("\ud800 \x00 \ufffe " + '"' * 5_000)
            case "unprintable error":
                raise Unprintable
            case "retry":
                self._ledger.messages[run.token].asked = self._world.clock.now + (plan.after or 0)
                raise Retry("the shop is closed", delay=plan.after)
            case "reject":
                raise Reject("the customer is unknown")
            case "non-retryable":
                raise KeyError("no such customer")
            case "exit":
                raise SystemExit(3)
            case "hang":
                self._ledger.calm = False
                self._sleep(_FOREVER, run, context)
            case _:
                self._ledger.calm = False
                self._world.die()
