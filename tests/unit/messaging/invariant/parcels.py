"""The messages of this test beside OrderPlaced."""

from typing import ClassVar

from contracts import Event
from tests.unit.messaging.orders import OrderPlaced


class OrderCounted(OrderPlaced, frozen=True, kw_only=True):
    """An order of another kind: it may have the id of an OrderPlaced, and is another message."""

    msg_tag: ClassVar[str] = "OrderCounted"


class Parcel(Event, frozen=True, kw_only=True):
    """What a handler publishes for `order`; the parcels of a message group keep their order."""

    msg_tag: ClassVar[str] = "Parcel"
    group: ClassVar[str | None] = "message_group"

    order: str
    part: str
    message_group: str
    note: str = ""
