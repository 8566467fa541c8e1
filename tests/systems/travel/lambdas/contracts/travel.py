"""What travel services say to each other, and what Desk's API takes.

A trip's id is in every message that is about it.
"""

from typing import ClassVar

import msgspec

from contracts.message import Command, Event


class SendPostcard(Command, frozen=True, kw_only=True):
    """Send a card to the traveller's friends."""

    msg_tag: ClassVar[str] = "SendPostcard"

    trip: str
    text: str


class TravellerArrived(Event, frozen=True, kw_only=True):
    """A traveller is there. A notification: ids only, whoever needs more asks for it."""

    msg_tag: ClassVar[str] = "TravellerArrived"

    trip: str


class TripBooked(Event, frozen=True, kw_only=True):
    """A trip is booked. A document: all there is to know, some of it to filter on."""

    msg_tag: ClassVar[str] = "TripBooked"
    attributes: ClassVar[tuple[str, ...]] = ("destination", "price")

    trip: str
    destination: str
    price: float


class CheckVisa(Command, frozen=True, kw_only=True):
    """Does one need a visa? It takes so many `seconds` to find out."""

    msg_tag: ClassVar[str] = "CheckVisa"

    country: str
    seconds: float = 0


class VisaChecked(Event, frozen=True, kw_only=True):
    """Whether one needs a visa."""

    msg_tag: ClassVar[str] = "VisaChecked"

    country: str
    needed: bool


class FindEmbassy(Command, frozen=True, kw_only=True):
    """Where is the embassy of a country?"""

    msg_tag: ClassVar[str] = "FindEmbassy"

    country: str


class EmbassyFound(Event, frozen=True, kw_only=True):
    """Where the embassy is."""

    msg_tag: ClassVar[str] = "EmbassyFound"

    country: str
    city: str


class StampPassport(Command, frozen=True, kw_only=True):
    """Stamp a passport; no stamp holds on a `wet` one."""

    msg_tag: ClassVar[str] = "StampPassport"

    trip: str
    wet: bool = False


class BookRoom(Command, frozen=True, kw_only=True):
    """Book a room. The hotel answers at once, or when it was `busy` for so many seconds."""

    msg_tag: ClassVar[str] = "BookRoom"

    trip: str
    nights: int = 1
    busy: int = 0


class RoomBooked(Event, frozen=True, kw_only=True):
    """A room is booked."""

    msg_tag: ClassVar[str] = "RoomBooked"

    trip: str
    nights: int


class BookStay(Command, frozen=True, kw_only=True):
    """Book a room and whatever else belongs to a stay."""

    msg_tag: ClassVar[str] = "BookStay"

    trip: str
    nights: int = 1


class StayBooked(Event, frozen=True, kw_only=True):
    """A stay is booked."""

    msg_tag: ClassVar[str] = "StayBooked"

    trip: str
    nights: int


class BookFlight(Command, frozen=True, kw_only=True):
    """Book a flight."""

    msg_tag: ClassVar[str] = "BookFlight"

    trip: str


class FlightBooked(Event, frozen=True, kw_only=True):
    """A flight is booked, with a seat."""

    msg_tag: ClassVar[str] = "FlightBooked"

    trip: str
    seat: str


class ReserveSeat(Command, frozen=True, kw_only=True):
    """Keep a seat free."""

    msg_tag: ClassVar[str] = "ReserveSeat"

    trip: str


class SeatReserved(Event, frozen=True, kw_only=True):
    """A seat is kept free."""

    msg_tag: ClassVar[str] = "SeatReserved"

    trip: str
    seat: str


class ChangeSeat(Command, frozen=True, kw_only=True):
    """Take another seat."""

    msg_tag: ClassVar[str] = "ChangeSeat"

    trip: str
    seat: str


class SeatChanged(Event, frozen=True, kw_only=True):
    """A traveller has another seat."""

    msg_tag: ClassVar[str] = "SeatChanged"

    trip: str
    seat: str


class OffersWanted(Event, frozen=True, kw_only=True):
    """A traveller wants offers, also from drivers if asked for `with_driver`."""

    msg_tag: ClassVar[str] = "OffersWanted"

    trip: str
    with_driver: bool = True


class RoomOffered(Event, frozen=True, kw_only=True):
    """A hotel's offer."""

    msg_tag: ClassVar[str] = "RoomOffered"

    trip: str
    price: float


class CarOffered(Event, frozen=True, kw_only=True):
    """The offer of a car, or of one with a driver."""

    msg_tag: ClassVar[str] = "CarOffered"

    trip: str
    price: float


class QuoteCar(Command, frozen=True, kw_only=True):
    """What would a car cost?"""

    msg_tag: ClassVar[str] = "QuoteCar"

    trip: str
    days: int


class CarQuoted(Event, frozen=True, kw_only=True):
    """What a car would cost."""

    msg_tag: ClassVar[str] = "CarQuoted"

    trip: str
    price: float


class PrintTicket(Command, frozen=True, kw_only=True):
    """Print a ticket."""

    msg_tag: ClassVar[str] = "PrintTicket"

    trip: str


class RemindTraveller(Command, frozen=True, kw_only=True):
    """Remind a traveller to pack."""

    msg_tag: ClassVar[str] = "RemindTraveller"

    trip: str


class SellRoom(Command, frozen=True, kw_only=True):
    """Sell a room at the kiosk."""

    msg_tag: ClassVar[str] = "SellRoom"

    trip: str


class SellFlight(Command, frozen=True, kw_only=True):
    """Sell a flight at the kiosk, which nobody has allowed it to."""

    msg_tag: ClassVar[str] = "SellFlight"

    trip: str


class PlanTrip(msgspec.Struct, frozen=True, kw_only=True):
    """The request of `POST /trips`: a room and a flight."""

    trip: str
    nights: int = 1
