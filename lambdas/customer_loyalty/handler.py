"""What Customer Loyalty listens to, and where it goes."""

from contracts.unicorn_management import RideCompleted
from customer_loyalty import points
from messaging import Consumer, Context

rides = Consumer()


@rides.on(RideCompleted)
def add_points(ride: RideCompleted, context: Context) -> None:
    """Add the ride's points to its customer's account."""
    points.add(ride)
