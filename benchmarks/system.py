"""The topology that the benchmark `topology-load` loads: seven services of a shop."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from contracts import Command, Event
from topology.filters import at_least
from topology.model import (
    Api,
    Authorizer,
    Consumer,
    Cors,
    Function,
    On,
    RetryPolicy,
    Service,
    System,
    Table,
)

Name = Annotated[str, Meta(min_length=1, max_length=256)]
Amount = Annotated[float, Meta(ge=0, le=1_000_000_000)]


class Order(Struct, frozen=True, kw_only=True):
    """The data of an order; `weight` in kilograms."""

    customer: Name
    address: Name
    total: Amount
    weight: Amount


class PlaceOrder(Order, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of `POST /orders`."""


class OrderPlaced(Event, Order, frozen=True, kw_only=True):
    """An order was placed."""

    msg_tag: ClassVar[str] = "OrderPlaced"
    attributes: ClassVar[tuple[str, ...]] = ("total", "weight")

    id: Name


class CheckStaff(Command, frozen=True, kw_only=True):
    """Asks whether a token grants a permission."""

    msg_tag: ClassVar[str] = "CheckStaff"

    token_digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
    permission: Annotated[str, Meta(pattern="^[a-z-]+:[a-z-]+$", max_length=128)]


class StaffChecked(Event, frozen=True, kw_only=True):
    """The result of CheckStaff."""

    msg_tag: ClassVar[str] = "StaffChecked"

    allowed: bool
    principal: str | None = None


shop = Service(
    name="Shop",
    api=Api(
        ("POST /orders", "GET /orders/{id}"),
        cors=Cors(origins=("https://shop.example",)),
        authorizer=Authorizer(routes=("GET /orders/{id}",), cache=60, memory=1_024),
        reads={"orders": ("GetItem",)},
        writes={"orders": ("PutItem", "DeleteItem")},
        invokes=(),
    ),
    publishes=(OrderPlaced,),
    invokes=(CheckStaff,),
    tables=(Table("orders"),),
)

access = Service(
    name="Access",
    functions=(
        Function(
            "access",
            invocable=(CheckStaff,),
            reads={"members": ("GetItem",)},
            timeout=2,
            memory=1_024,
        ),
    ),
    tables=(Table("members"),),
)

notification = Service(
    name="Notification",
    consumers=(
        Consumer(
            "orders",
            listens_to=(On(OrderPlaced),),
            writes={"notifications": ("PutItem",)},
            guarantee="completion",
        ),
    ),
    tables=(Table("notifications"),),
)

accounting = Service(
    name="Accounting",
    consumers=(
        Consumer(
            "orders",
            listens_to=(On(OrderPlaced),),
            writes={"bookings": ("PutItem",)},
            retry=RetryPolicy(max_attempts=4, base=1, cap=60),
            guarantee="lease",
        ),
    ),
    tables=(Table("bookings"),),
    environment={"CURRENCY": "EUR"},
)

loyalty = Service(
    name="Loyalty",
    consumers=(
        Consumer(
            "orders",
            listens_to=(On(OrderPlaced),),
            writes={"points": ("PutItem", "UpdateItem")},
        ),
    ),
    tables=(Table("points"),),
)

archive = Service(
    name="Archive",
    consumers=(Consumer("orders", listens_to=(On(OrderPlaced),)),),
)

freight = Service(
    name="Freight",
    consumers=(
        Consumer(
            "orders",
            listens_to=(On(OrderPlaced, where={"total": at_least(50), "weight": at_least(20)}),),
            writes={"shipments": ("PutItem",)},
        ),
    ),
    tables=(Table("shipments"),),
)

system = System(
    name="shop",
    services=(shop, access, notification, accounting, loyalty, archive, freight),
)
