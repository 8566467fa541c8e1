"""Messages for tests: an order, and the events that it is packed and that stock was moved."""

from typing import Annotated, ClassVar

from msgspec import Meta

from contracts import Event
from messaging import ApiContext


class OrderPlaced(Event, frozen=True, kw_only=True):
    """A customer has ordered something."""

    msg_tag: ClassVar[str] = "OrderPlaced"
    attributes: ClassVar[tuple[str, ...]] = ("total", "country", "tags", "gift")

    id: str
    total: Annotated[float, Meta(ge=0)] = 1.0
    country: str = "DE"
    tags: tuple[str, ...] = ()
    gift: bool = False


class OrderPacked(Event, frozen=True, kw_only=True):
    """An order is packed."""

    msg_tag: ClassVar[str] = "OrderPacked"

    id: str
    note: str = ""


class StockMoved(Event, frozen=True, kw_only=True):
    """Stock was moved to or from a shelf; the moves of a shelf keep their order."""

    msg_tag: ClassVar[str] = "StockMoved"
    group: ClassVar[str | None] = "shelf"

    shelf: str


def publish_now(event: Event, correlation_id: str = "c") -> str:
    """Publish an event as a handler of an HTTP API does; return its id."""
    return ApiContext(request_id="r", correlation_id=correlation_id, path={}).publish(event)
