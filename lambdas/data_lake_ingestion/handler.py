"""What Data Lake Ingestion listens to, and where it goes."""

from contracts.unicorn_management import RideCompleted
from data_lake_ingestion import lake
from messaging import Consumer, Context

rides = Consumer()


@rides.on(RideCompleted)
def ingest(ride: RideCompleted, context: Context) -> None:
    """Keep the ride in the data lake."""
    lake.keep(ride.id, context.body)
