"""A service that may say everything to somebody, and what it says where."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from contracts import Command, RequestTimedOut
from messaging import ApiContext, Consumer, Context
from messaging.consumer.batch import BatchResponse
from messaging.testing import ConsumerHarness, FakeLambdaContext, Message, event, sent, state
from messaging.wire.header import Header
from tests.unit.messaging.orders import OrderPacked, OrderPlaced

Say = Callable[[Any], object]


class PackOrder(Command, frozen=True, kw_only=True):
    """Work for the warehouse."""

    msg_tag: ClassVar[str] = "PackOrder"
    attributes: ClassVar[tuple[str, ...]] = ("weight",)

    id: str = "1"
    weight: float = 2.5
    note: str = ""


class CheckOrder(Command, frozen=True, kw_only=True):
    """Work for the service's own queue."""

    msg_tag: ClassVar[str] = "CheckOrder"
    attributes: ClassVar[tuple[str, ...]] = ("weight",)

    id: str = "1"
    weight: float = 2.5
    note: str = ""


# Who waits: Shop, for the answer to "asked".
WAITING: Final = Header(
    id="m", correlationid="c", hops=3, requestservices=("Shop",), requestids=("asked",)
)
NOBODY_WAITS: Final = Header(id="m", correlationid="c", hops=3)

# By where it goes: the topics, or the service's own queue.
VERBS: Final[dict[str, tuple[str, Say]]] = {
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
# What an API, whose caller gets its answer as a response, says too.
OF_APIS: Final = {name: VERBS[name] for name in VERBS if name not in ("reply", "forward")}


def sayings(**options: Any) -> ConsumerHarness:
    """Return a make_harness whose service may say everything."""
    settings: dict[str, Any] = {
        "publishes": (OrderPacked, OrderPlaced),
        "sends": {"Warehouse": (PackOrder,)},
        "accepts_enqueued": (CheckOrder, RequestTimedOut),
        **options,
    }
    return ConsumerHarness(**settings)


def consumer_saying(say: Callable[[Context], object]) -> Consumer:
    """Return a consumer that says something about each PackOrder it gets."""
    consumer = Consumer()

    @consumer.on(PackOrder)
    def pack(_: PackOrder, context: Context) -> None:
        say(context)

    return consumer


def say_in_handler(say: Say, header: Header = NOBODY_WAITS, **message: Any) -> Any:
    """Let a handler say it; return what `say` returned."""
    said: list[object] = []
    consumer = consumer_saying(lambda context: said.append(say(context)))
    response: BatchResponse = consumer(
        event(sent(PackOrder(**message), header)), FakeLambdaContext()
    )
    assert response == {"batchItemFailures": []}
    (result,) = said
    return result


def api_context() -> ApiContext:
    """Return the context of a request to an API."""
    return ApiContext(request_id="r", correlation_id="c", path={})


def say_in_api(say: Say) -> Any:
    """Let a handler of an API say it; return what `say` returned."""
    return say(api_context())


def arrived(harness: ConsumerHarness) -> dict[str, list[Message]]:
    """Take what arrived, by where; what is delayed does not show."""
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
    """Return the text of an attribute, if it is there."""
    found = message["MessageAttributes"].get(name)
    return str(found["StringValue"]) if found else None
