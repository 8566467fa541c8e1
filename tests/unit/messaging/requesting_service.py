"""A service that asks another one and waits, what it is told, and the answers it gets."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn

from botocore.exceptions import ReadTimeoutError

from contracts import Command, Event, Message as Contract, RequestTimedOut
from messaging import Consumer, Context
from messaging.consumer.batch import BatchResponse
from messaging.sending.pending_requests import ReplyCount
from messaging.testing import (
    ConsumerHarness,
    FakeLambdaContext,
    Message,
    event,
    record,
    sent,
    state,
)
from messaging.wire.header import Header
from tests.unit.messaging.doubles import Killed
from tests.unit.messaging.orders import OrderPlaced

# Seconds.
LIMIT = 60.0


class ReserveStock(Command, frozen=True, kw_only=True):
    """What an order needs is to be set aside."""

    msg_tag: ClassVar[str] = "ReserveStock"

    order: str
    pieces: int = 1


class StockReserved(Event, frozen=True, kw_only=True):
    """It is set aside."""

    msg_tag: ClassVar[str] = "StockReserved"

    order: str
    shelf: int = 0


class OffersWanted(Event, frozen=True, kw_only=True):
    """Carriers may say what they take for an order."""

    msg_tag: ClassVar[str] = "OffersWanted"

    order: str


# What a handler was told: of which kind its message was, its id, and how many answers there were.
Told = tuple[str, str, ReplyCount | None]


class Shop:
    """A service that asks for stock, or for offers, for every order. Its handlers fail as often as
    `failures` says of their kind, and end the process once if that is in `dies`.
    """

    def __init__(
        self,
        ask: Callable[[OrderPlaced, Context], object] | None = None,
        *,
        on_time_out: Callable[[Context], object] | None = None,
        late: bool = False,
    ) -> None:
        """Ask as told, do something when time is over, hear of late answers too."""
        self.consumer = Consumer()
        self.told: list[Told] = []
        self.failures, self.dies = Counter[str](), set[str]()
        self.timed_out: list[RequestTimedOut] = []
        self._ask, self._on_time_out = ask, on_time_out
        if ask:
            self.consumer.on(OrderPlaced)(self._order)
        self.consumer.on(StockReserved)(self._listener("answer"))
        self.consumer.on(RequestTimedOut)(self._time_out)
        if late:
            self.consumer.on_late_reply(StockReserved)(self._listener("late"))

    def take(self, *messages: Message) -> BatchResponse:
        """Receive messages in one batch."""
        records = [record(each["Body"], each["MessageAttributes"]) for each in messages]
        return self.receive(records)

    def receive(self, records: Sequence[dict[str, Any]]) -> BatchResponse:
        """Receive records in one batch."""
        response: BatchResponse = self.consumer(event(*records), FakeLambdaContext())
        return response

    @property
    def kinds(self) -> list[str]:
        """Of which kind the messages were that a handler was content with."""
        return [kind for kind, _, _ in self.told]

    def _listener(self, kind: str) -> Callable[[Contract, Context], None]:
        def listen(_: Contract, context: Context) -> None:
            if kind in self.dies:
                self.dies.remove(kind)
                raise Killed
            if self.failures[kind] > 0:
                self.failures[kind] -= 1
                raise ConnectionError(kind)
            self.told.append((kind, context.message_id, context.replies))

        return listen

    def _order(self, order: OrderPlaced, context: Context) -> None:
        assert self._ask
        self._ask(order, context)

    def _time_out(self, message: RequestTimedOut, context: Context) -> None:
        self._listener("time-out")(message, context)
        self.timed_out.append(message)
        if self._on_time_out:
            self._on_time_out(context)


def reserve(order: OrderPlaced, context: Context) -> None:
    """Ask for stock, and wait for a minute."""
    context.request(ReserveStock(order=order.id), to="Stock", timeout=LIMIT)


class Request:
    """A request that has left: its id, and its time-out."""

    def __init__(self, harness: ConsumerHarness, order: str = "1") -> None:
        """Let a service ask."""
        Shop(reserve).receive([sent(OrderPlaced(id=order))])
        (asked,) = harness.sent_to("Stock")
        self.id = asked.id
        self.time_out = harness.requeued()[-1]
        assert self.time_out.tag == RequestTimedOut.msg_tag


def shop_on(make_harness: Callable[..., ConsumerHarness], **options: Any) -> ConsumerHarness:
    """Make the surroundings of a service that asks the stock, and hears of time limits."""
    return make_harness(
        **{
            "sends": {"Stock": [ReserveStock]},
            "accepts_enqueued": (RequestTimedOut,),
            "replies": (StockReserved.msg_tag,),
            "guarantee": "lease",
            **options,
        }
    )


def copies(harness: ConsumerHarness) -> list[Message]:
    """Return what came back to the queue: its handler failed, or could not run."""
    return [copy for copy in harness.requeued() if "retry" in copy["MessageAttributes"]]


def no_answer(**_: object) -> NoReturn:
    """Fail as a call that AWS does not answer."""
    raise ReadTimeoutError(endpoint_url="https://aws")


def answer_to(request_id: str, answer_id: str, responder: str | None = "Stock.work") -> Header:
    """Return the header of an answer to a request of the service `Test`."""
    return Header(
        id=answer_id,
        requestservices=("Test",),
        requestids=(request_id,),
        replyto=request_id,
        responder=responder,
    )


def answer(request_id: str, answer_id: str, responder: str | None = "Stock.work") -> dict[str, Any]:
    """Return the record of an answer."""
    return sent(StockReserved(order="1"), answer_to(request_id, answer_id, responder))


def header_of(message: Message) -> dict[str, Any]:
    """Return a message's header as it travels."""
    header: dict[str, Any] = state(message["MessageAttributes"]["header"])
    return header
