"""What Seats is asked."""

from contracts.travel import (
    ChangeSeat,
    ReserveSeat,
    SeatChanged,
    SeatReserved,
)
from messaging import Consumer, Context

plans = Consumer()


@plans.on(ReserveSeat)
def reserve(request: ReserveSeat, context: Context) -> SeatReserved:
    """Answer who asked."""
    return SeatReserved(trip=request.trip, seat="12A")


@plans.on(ChangeSeat)
def change(seat: ChangeSeat, context: Context) -> SeatChanged:
    """Answer who asked, though somebody else has passed the question on."""
    return SeatChanged(trip=seat.trip, seat=seat.seat)
