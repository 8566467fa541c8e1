"""Wild Rydes: customers book rides on unicorns. Its services, and who listens to whom."""

from contracts.access_control import CheckAccess
from contracts.unicorn_management import RideCompleted
from topology.filters import at_least
from topology.model import (
    Api,
    Authorizer,
    Consumer,
    Cors,
    Function,
    On,
    RetryPolicy,
    Service,
    System,
    Table,
)

unicorn_management = Service(
    name="UnicornManagement",
    api=Api(
        ("POST /submit-ride-completion", "GET /rides/{id}"),
        cors=Cors(origins=("https://rides.example",)),
        reads={"rides": ("GetItem",)},
        writes={"rides": ("PutItem", "DeleteItem")},
        invokes=(),
        authorizer=Authorizer(routes=("GET /rides/{id}",), cache=60, memory=1_024),
    ),
    publishes=(RideCompleted,),
    invokes=(CheckAccess,),
    tables=(Table("rides"),),
)

# Whom callers ask gives up before they do, after 3 s. Lambda gives CPU by memory, a whole one for
# 1,769 MiB; both functions that a guarded request waits for make a client on their first call.
access_control = Service(
    name="AccessControl",
    functions=(
        Function(
            "access",
            invocable=(CheckAccess,),
            reads={"members": ("GetItem",)},
            timeout=2,
            memory=1_024,
        ),
    ),
    tables=(Table("members"),),
)

customer_notification = Service(
    name="CustomerNotification",
    consumers=(
        Consumer(
            "rides",
            listens_to=(On(RideCompleted),),
            writes={"notifications": ("PutItem",)},
            guarantee="completion",
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
            writes={"bookings": ("PutItem",)},
            retry=RetryPolicy(max_attempts=4, base=1, cap=60),
            guarantee="lease",
        ),
    ),
    tables=(Table("bookings"),),
    environment={"FAILURES": '{"unlucky-customer": 2, "poison-customer": 1000}'},
)

customer_loyalty = Service(
    name="CustomerLoyalty",
    consumers=(
        Consumer(
            "rides",
            listens_to=(On(RideCompleted),),
            # In one transaction.
            writes={"points": ("PutItem", "UpdateItem")},
        ),
    ),
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
            writes={"rides": ("PutItem",)},
        ),
    ),
    tables=(Table("rides"),),
)

system = System(
    name="wild-rydes",
    services=(
        unicorn_management,
        access_control,
        customer_notification,
        customer_accounting,
        customer_loyalty,
        data_lake_ingestion,
        extraordinary_rides,
    ),
)
