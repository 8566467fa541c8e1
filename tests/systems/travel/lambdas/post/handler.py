"""What Post writes, and on which occasion."""

from contracts.travel import SendPostcard, TripBooked
from messaging import Consumer, Context, table

letters = Consumer()


@letters.on(SendPostcard)
def send_postcard(card: SendPostcard, context: Context) -> None:
    """Do what another service has asked for; it does not wait."""
    letter = table.item(id=context.message_id, text=card.text, correlation=context.correlation_id)
    table.put_once("letters", letter)


@letters.on(TripBooked)
def confirm(booked: TripBooked, context: Context) -> None:
    """Every booking is confirmed."""
    table.put_once("letters", table.item(id=booked.trip, text=f"See you in {booked.destination}!"))
