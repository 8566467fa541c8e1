"""Wild Rydes: customers book rides on unicorns. Its services, and who listens to whom."""

from contracts.unicorn_management import RideCompleted
from topology.filters import at_least
from topology.model import Api, Consumer, Idempotency, On, RetryPolicy, Service, System, Table

unicorn_management = Service(
    name="UnicornManagement",
    api=Api(("POST /submit-ride-completion",)),
    publishes=(RideCompleted,),
    tables=(Table("rides"),),
)

customer_notification = Service(
    name="CustomerNotification",
    consumers=(
        Consumer(
            "rides",
            listens_to=(On(RideCompleted),),
            idempotency=Idempotency(guarantee="completion"),
        ),
    ),
    tables=(Table("notifications"),),
)

# Fails on command, so that retries and dead letters can be watched: attempts that fail, by
# customer.
customer_accounting = Service(
    name="CustomerAccounting",
    consumers=(
        Consumer(
            "rides",
            listens_to=(On(RideCompleted),),
            retry=RetryPolicy(max_attempts=4, base=1, cap=60),
            idempotency=Idempotency(guarantee="lease"),
        ),
    ),
    tables=(Table("bookings"),),
    environment={"FAILURES": '{"unlucky-customer": 2, "poison-customer": 1000}'},
)

customer_loyalty = Service(
    name="CustomerLoyalty",
    consumers=(Consumer("rides", listens_to=(On(RideCompleted),)),),
    tables=(Table("points"),),
)

# Its bucket serves this service alone, so it is CDK code in stacks/, not map data.
data_lake_ingestion = Service(
    name="DataLakeIngestion",
    consumers=(Consumer("rides", listens_to=(On(RideCompleted),)),),
)

extraordinary_rides = Service(
    name="ExtraordinaryRides",
    consumers=(
        Consumer(
            "rides",
            listens_to=(On(RideCompleted, where={"fare": at_least(50), "distance": at_least(20)}),),
        ),
    ),
    tables=(Table("rides"),),
)

system = System(
    name="wild-rydes",
    services=(
        unicorn_management,
        customer_notification,
        customer_accounting,
        customer_loyalty,
        data_lake_ingestion,
        extraordinary_rides,
    ),
)
