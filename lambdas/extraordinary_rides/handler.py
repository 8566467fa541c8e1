"""The handlers of Extraordinary Rides; the topology filters which rides arrive."""

from contracts.unicorn_management import RideCompleted
from extraordinary_rides import extraordinary
from messaging import Consumer, Context

rides = Consumer()


@rides.on(RideCompleted)
def remember(ride: RideCompleted, context: Context) -> None:
    """Remember the ride."""
    extraordinary.remember(ride)
