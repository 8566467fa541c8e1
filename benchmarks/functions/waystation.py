"""The consumer with Waystation; its settings choose the guarantee."""

from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from benchmarks.functions import business
from contracts import Event
from messaging import Consumer, Context


class Item(Struct, frozen=True):
    """One line of an order."""

    sku: str
    quantity: Annotated[int, Meta(ge=1)]
    price: Annotated[float, Meta(ge=0)]


class OrderPlaced(Event, frozen=True, kw_only=True):
    """An order."""

    msg_tag: ClassVar[str] = "OrderPlaced"

    id: Annotated[str, Meta(min_length=1)]
    customer: str
    placed: datetime
    total: Annotated[float, Meta(ge=0)]
    items: tuple[Item, ...]


handler = Consumer()


@handler.on(OrderPlaced)
def place(order: OrderPlaced, context: Context) -> None:
    """Place an order."""
    business.place(order.id, context.attempt)
