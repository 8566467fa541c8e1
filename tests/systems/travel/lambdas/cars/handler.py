"""What Cars is asked, through its queues, directly, and by its API."""

from contracts.travel import (
    CarOffered,
    CarQuoted,
    OffersWanted,
    QuoteCar,
)
from messaging import Consumer, Context, Reject

rentals = Consumer()
drivers = Consumer()


@rentals.on(QuoteCar)
def quote(car: QuoteCar, context: Context) -> CarQuoted:
    """One handler for a message of the queue, a direct call and a request of the API."""
    if car.days < 1:
        raise Reject("a car is rented for a day at least")
    return CarQuoted(trip=car.trip, price=30 * car.days)


@rentals.on(OffersWanted)
def offer_car(wanted: OffersWanted, context: Context) -> CarOffered:
    """One of the answers to a question that was published."""
    return CarOffered(trip=wanted.trip, price=30)


@drivers.on(OffersWanted)
def offer_driver(wanted: OffersWanted, context: Context) -> CarOffered | None:
    """Another reply of the same service, or none."""
    return CarOffered(trip=wanted.trip, price=90) if wanted.with_driver else None
