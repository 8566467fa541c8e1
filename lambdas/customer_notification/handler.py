"""What Customer Notification listens to, and where it goes."""

from contracts.unicorn_management import RideCompleted
from customer_notification import notifications
from messaging import Consumer, Context

rides = Consumer()


@rides.on(RideCompleted)
def notify(ride: RideCompleted, context: Context) -> None:
    """Notify the customer of the ride."""
    notifications.record(ride)
