"""A service that sends requests with a time limit, and the replies to them."""

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
    Sender,
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
    """Reserve what an order needs."""

    msg_tag: ClassVar[str] = "ReserveStock"

    order: str
    pieces: int = 1


class StockReserved(Event, frozen=True, kw_only=True):
    """Stock is reserved."""

    msg_tag: ClassVar[str] = "StockReserved"

    order: str
    shelf: int = 0


class OffersWanted(Event, frozen=True, kw_only=True):
    """Carriers may offer to deliver an order."""

    msg_tag: ClassVar[str] = "OffersWanted"

    order: str


# A handled message: its kind ("reply", "late", "time-out"), its id, and the replies so far.
Handled = tuple[str, str, ReplyCount | None]


class Shop:
    """A service that requests stock, or offers, for every order. A handler fails `failures[kind]`
    times, and ends the process once if its kind is in `dies`.
    """

    def __init__(
        self,
        request: Callable[[OrderPlaced, Context], object] | None = None,
        *,
        on_time_out: Callable[[Context], object] | None = None,
        late: bool = False,
    ) -> None:
        """Use `request` as the handler of orders; with `late` handle late replies too."""
        self.consumer = Consumer()
        self.handled: list[Handled] = []
        self.failures, self.dies = Counter[str](), set[str]()
        self.timed_out: list[RequestTimedOut] = []
        self._request, self._on_time_out = request, on_time_out
        if request:
            self.consumer.on(OrderPlaced)(self._order)
        self.consumer.on(StockReserved)(self._handler("reply"))
        self.consumer.on(RequestTimedOut)(self._time_out)
        if late:
            self.consumer.on_late_reply(StockReserved)(self._handler("late"))

    def take(self, *messages: Message) -> BatchResponse:
        """Receive messages in one batch."""
        records = [
            record(each["Body"], each["MessageAttributes"], sender=Sender.CONSUMER)
            for each in messages
        ]
        return self.receive(records)

    def receive(self, records: Sequence[dict[str, Any]]) -> BatchResponse:
        """Receive records in one batch."""
        response: BatchResponse = self.consumer(event(*records), FakeLambdaContext())
        return response

    @property
    def kinds(self) -> list[str]:
        """The kinds of the handled messages."""
        return [kind for kind, _, _ in self.handled]

    def _handler(self, kind: str) -> Callable[[Contract, Context], None]:
        def handle(_: Contract, context: Context) -> None:
            if kind in self.dies:
                self.dies.remove(kind)
                raise Killed
            if self.failures[kind] > 0:
                self.failures[kind] -= 1
                raise ConnectionError(kind)
            self.handled.append((kind, context.message_id, context.replies))

        return handle

    def _order(self, order: OrderPlaced, context: Context) -> None:
        assert self._request
        self._request(order, context)

    def _time_out(self, message: RequestTimedOut, context: Context) -> None:
        self._handler("time-out")(message, context)
        self.timed_out.append(message)
        if self._on_time_out:
            self._on_time_out(context)


def reserve(order: OrderPlaced, context: Context) -> None:
    """Request stock with a time limit of a minute."""
    context.request(ReserveStock(order=order.id), to="Stock", timeout=LIMIT)


class Request:
    """A request that has been sent: its id, and its time-out."""

    def __init__(self, harness: ConsumerHarness, order: str = "1") -> None:
        """Let a service send the request."""
        Shop(reserve).receive([sent(OrderPlaced(id=order))])
        (request,) = harness.sent_to("Stock")
        self.id = request.id
        self.time_out = harness.requeued()[-1]
        assert self.time_out.tag == RequestTimedOut.msg_tag


def shop_on(make_harness: Callable[..., ConsumerHarness], **options: Any) -> ConsumerHarness:
    """Make the harness of a service that requests stock with time limits."""
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
    """Return the requeued copies: their handler failed, or could not run."""
    return [copy for copy in harness.requeued() if "retry" in copy["MessageAttributes"]]


def no_response(**_: object) -> NoReturn:
    """Fail as a call to AWS without a response."""
    raise ReadTimeoutError(endpoint_url="https://aws")


def reply_header(request_id: str, reply_id: str, responder: str | None = "Stock.work") -> Header:
    """Return the header of a reply to a request of the service `Test`."""
    return Header(
        id=reply_id,
        requestservices=("Test",),
        requestids=(request_id,),
        replyto=request_id,
        responder=responder,
    )


def reply(request_id: str, reply_id: str, responder: str | None = "Stock.work") -> dict[str, Any]:
    """Return the record of a reply."""
    return sent(StockReserved(order="1"), reply_header(request_id, reply_id, responder))


def header_of(message: Message) -> dict[str, Any]:
    """Return the header of a message as a document."""
    header: dict[str, Any] = state(message["MessageAttributes"]["header"])
    return header
