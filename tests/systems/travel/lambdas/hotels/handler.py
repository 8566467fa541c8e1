"""What Hotels is asked, by others and by itself."""

from contracts.travel import (
    BookRoom,
    BookStay,
    OffersWanted,
    RoomBooked,
    RoomOffered,
    StayBooked,
)
from messaging import Consumer, Context, Retry

rooms = Consumer()


@rooms.on(BookRoom)
def book_room(room: BookRoom, context: Context) -> RoomBooked:
    """The event that it returns is the reply to the requester."""
    if room.busy and context.attempt == 1:
        raise Retry("the hotel is busy", delay=room.busy)
    return RoomBooked(trip=room.trip, nights=room.nights)


@rooms.on(BookStay)
def book_stay(stay: BookStay, context: Context) -> None:
    """Ask this very service, through its own MsgIn."""
    context.request(BookRoom(trip=stay.trip, nights=stay.nights), to="Hotels")


@rooms.on(RoomBooked)
def room_of_stay(booked: RoomBooked, context: Context) -> StayBooked:
    """Its own answer is back, and so it answers who asked for the stay."""
    return StayBooked(trip=booked.trip, nights=booked.nights)


@rooms.on(OffersWanted)
def offer_room(wanted: OffersWanted, context: Context) -> RoomOffered:
    """One of the answers to a question that was published."""
    return RoomOffered(trip=wanted.trip, price=80)
