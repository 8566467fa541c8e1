"""What Kiosk sells."""

from contracts.travel import (
    BookFlight,
    BookRoom,
    RoomBooked,
    SellFlight,
    SellRoom,
)
from messaging import Consumer, Context, table

sales = Consumer()


@sales.on(SellRoom)
def sell_room(room: SellRoom, context: Context) -> None:
    """Ask for a room; no time limit, so no answer is late."""
    context.request(BookRoom(trip=room.trip), to="Hotels")


@sales.on(RoomBooked)
def room_sold(booked: RoomBooked, context: Context) -> None:
    """The answer to Kiosk's own request."""
    table.put_once("sales", table.item(id=booked.trip, request=context.in_reply_to or ""))


@sales.on(SellFlight)
def sell_flight(flight: SellFlight, context: Context) -> None:
    """Try to send a command that Kiosk does not declare."""
    context.request(BookFlight(trip=flight.trip), to="Flights")
