"""The notifications that customers get."""

from contracts.unicorn_management import RideCompleted
from messaging import table


def record(ride: RideCompleted) -> None:
    """Record the notification of a ride, once per ride."""
    row = table.item(id=ride.id, customer=ride.customer, text=text(ride))
    table.put_once("notifications", row)


def text(ride: RideCompleted) -> str:
    """Return what the customer reads."""
    return (
        f"Your ride from {ride.from_} to {ride.to} is complete: "
        f"{ride.distance:g} km in {ride.duration:g} minutes for {ride.fare:.2f}."
    )
