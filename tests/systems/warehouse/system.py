"""A system for tests: FIFO topics and queues, and the claim check."""

from tests.systems.warehouse.lambdas.contracts.warehouse import Move, Moved
from topology.model import Consumer, On, RetryPolicy, Service, System, Table

warehouse = Service(
    name="Warehouse",
    fifo=True,
    claim_check=True,
    publishes=(Moved,),
    consumers=(Consumer("tasks", accepts=(Move,), fifo=True),),
)

ledger = Service(
    name="Ledger",
    consumers=(
        Consumer(
            "moves",
            listens_to=(On(Moved),),
            writes={"items": ("UpdateItem",)},
            retry=RetryPolicy(max_attempts=12),
            fifo=True,
            concurrency=4,
            guarantee="lease",
            payload_check=True,
        ),
    ),
    tables=(Table("items"),),
)

# Its queue is a standard one, behind a FIFO topic.
audit = Service(
    name="Audit",
    consumers=(
        Consumer(
            "moves",
            listens_to=(On(Moved),),
            writes={"counts": ("UpdateItem",)},
            retry=RetryPolicy(max_attempts=12),
            guarantee="completion",
            deduplication_window=7 * 86_400,
        ),
    ),
    tables=(Table("counts"),),
)

system = System(name="warehouse", services=(warehouse, ledger, audit))
