"""A service that may send every kind of message, and what it sends where."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from contracts import Command, RequestTimedOut
from messaging import ApiContext, Consumer, Context
from messaging.consumer.batch import BatchResponse
from messaging.testing import ConsumerHarness, FakeLambdaContext, Message, event, sent, state
from messaging.wire.header import Header
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

Send = Callable[[Any], object]


class PackOrder(Command, frozen=True, kw_only=True):
    """A command for the service Warehouse."""

    msg_tag: ClassVar[str] = "PackOrder"
    attributes: ClassVar[tuple[str, ...]] = ("weight",)

    id: str = "1"
    weight: float = 2.5
    note: str = ""


class CheckOrder(Command, frozen=True, kw_only=True):
    """A command for the service's own queue."""

    msg_tag: ClassVar[str] = "CheckOrder"
    attributes: ClassVar[tuple[str, ...]] = ("weight",)

    id: str = "1"
    weight: float = 2.5
    note: str = ""


# The service Shop waits for a reply to its request "request".
REPLY_EXPECTED: Final = Header(
    id="m", correlationid="c", hops=3, requestservices=("Shop",), requestids=("request",)
)
NO_REPLY_EXPECTED: Final = Header(id="m", correlationid="c", hops=3)

# By method: where its message goes, and a call of it.
METHODS: Final[dict[str, tuple[str, Send]]] = {
    "publish": ("MsgOut", lambda context: context.publish(OrderPacked(id="1"))),
    "send": ("MsgIn", lambda context: context.send(PackOrder(), to="Warehouse")),
    "request": ("MsgIn", lambda context: context.request(PackOrder(), to="Warehouse")),
    "publish_request": (
        "MsgOut",
        lambda context: context.publish_request(
            OrderPacked(id="1"), expected_replies=1, timeout=60
        ),
    ),
    "enqueue": ("queue", lambda context: context.enqueue(CheckOrder())),
    "reply": ("MsgOut", lambda context: context.reply(OrderPacked(id="1"))),
    "forward": ("MsgIn", lambda context: context.forward(to="Warehouse")),
}
# The methods that the context of an HTTP API has too.
API_METHODS: Final = {name: METHODS[name] for name in METHODS if name not in ("reply", "forward")}


def sending_harness(**options: Any) -> ConsumerHarness:
    """Return the harness of a service that may send every kind of message."""
    settings: dict[str, Any] = {
        "publishes": (OrderPacked, OrderPlaced),
        "sends": {"Warehouse": (PackOrder,)},
        "accepts_enqueued": (CheckOrder, RequestTimedOut),
        **options,
    }
    return ConsumerHarness(**settings)


def consumer_sending(send: Callable[[Context], object]) -> Consumer:
    """Return a consumer that calls `send` for each PackOrder."""
    consumer = Consumer()

    @consumer.on(PackOrder)
    def pack(_: PackOrder, context: Context) -> None:
        send(context)

    return consumer


def send_in_handler(send: Send, header: Header = NO_REPLY_EXPECTED, **message: Any) -> Any:
    """Call `send` in a handler; return its result."""
    results: list[object] = []
    consumer = consumer_sending(lambda context: results.append(send(context)))
    response: BatchResponse = consumer(
        event(sent(PackOrder(**message), header)), FakeLambdaContext()
    )
    assert response == {"batchItemFailures": []}
    (result,) = results
    return result


def api_context() -> ApiContext:
    """Return the context of a request to an API."""
    return ApiContext(request_id="r", correlation_id="c", path={})


def send_in_api(send: Send) -> Any:
    """Call `send` in a handler of an HTTP API; return its result."""
    return send(api_context())


def arrived(harness: ConsumerHarness) -> dict[str, list[Message]]:
    """Take the messages that are visible, by where they arrived."""
    found = {
        "MsgOut": harness.published(),
        "MsgIn": harness.sent_to("Warehouse"),
        "queue": harness.visible_messages(),
    }
    return {where: messages for where, messages in found.items() if messages}


def header_of(message: Message) -> dict[str, Any]:
    """Return the header of a message."""
    found: dict[str, Any] = state(message["MessageAttributes"]["header"])
    return found


def attribute(message: Message, name: str) -> str | None:
    """Return the text of an attribute, None without it."""
    found = message["MessageAttributes"].get(name)
    return str(found["StringValue"]) if found else None
