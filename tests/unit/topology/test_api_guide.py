"""The topology of docs/apis.md, which quotes it."""

from typing import ClassVar

from contracts import Command
from topology.checks import problems
from topology.model import Api, Authorizer, Cors, Function, Service, System


class CheckSeller(Command, frozen=True, kw_only=True):
    """Has the bearer of a token a permission?"""

    msg_tag: ClassVar[str] = "CheckSeller"


class QuoteSeat(Command, frozen=True, kw_only=True):
    """Return the price of a seat."""

    msg_tag: ClassVar[str] = "QuoteSeat"


seats = Service(
    name="Seats",
    api=Api(
        ("GET /seats", "POST /seats/{seat}/bookings"),
        commands={"POST /quotes": QuoteSeat},
        cors=Cors(origins=("https://seats.example",)),
        authorizer=Authorizer(routes=("POST /seats/{seat}/bookings",), cache=60),
    ),
    functions=(Function("prices", invocable=(QuoteSeat,)),),
    invokes=(CheckSeller,),
)
sellers = Service(name="Sellers", functions=(Function("access", invocable=(CheckSeller,)),))


def test_the_services_are_within_the_rules() -> None:
    assert problems(System(name="seats", services=(seats, sellers))) == []
