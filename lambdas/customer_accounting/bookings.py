"""The books: one booking a ride."""

from contracts.unicorn_management import RideCompleted
from messaging import table


def book(ride: RideCompleted) -> None:
    """Book the fare, once per ride."""
    table.put_once("bookings", table.item(id=ride.id, customer=ride.customer, fare=ride.fare))
