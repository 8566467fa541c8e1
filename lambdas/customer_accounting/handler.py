"""What Customer Accounting listens to, and where it goes."""

from contracts.unicorn_management import RideCompleted
from customer_accounting import bookings, failures
from messaging import Consumer, Context

rides = Consumer()


@rides.on(RideCompleted)
def book(ride: RideCompleted, context: Context) -> None:
    """Book the ride's fare, unless told to fail."""
    failures.fail_on_command(ride.customer, context.attempt)
    bookings.book(ride)
