"""What Flights is asked, and whom it asks."""

from contracts.travel import (
    BookFlight,
    ChangeSeat,
    FlightBooked,
    ReserveSeat,
    SeatReserved,
)
from messaging import Consumer, Context

bookings = Consumer()


@bookings.on(BookFlight)
def book_flight(flight: BookFlight, context: Context) -> None:
    """Ask on. Who waits for the flight travels with the messages; nothing is stored."""
    context.request(ReserveSeat(trip=flight.trip), to="Seats")


@bookings.on(SeatReserved)
def seat_reserved(reserved: SeatReserved, context: Context) -> FlightBooked:
    """Answer who waits for the flight."""
    return FlightBooked(trip=reserved.trip, seat=reserved.seat)


@bookings.on(ChangeSeat)
def pass_on(seat: ChangeSeat, context: Context) -> None:
    """Forward: the service that receives it replies to the requester."""
    context.forward(to="Seats")
