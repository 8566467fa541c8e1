"""A system for tests: what the map offers and no example uses, FIFO and claim check above all."""

import shutil
from pathlib import Path

from tests.warehouse.lambdas.contracts.warehouse import Move, Moved
from topology import LAMBDAS
from topology.model import Consumer, On, RetryPolicy, Service, System, Table

OWN = Path(__file__).parent / "lambdas"

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
            retry=RetryPolicy(max_attempts=12),
            fifo=True,
            concurrency=4,
            guarantee="lease",
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
            retry=RetryPolicy(max_attempts=12),
            guarantee="completion",
        ),
    ),
    tables=(Table("counts"),),
)

system = System(name="warehouse", services=(warehouse, ledger, audit))


def lambdas(folder: Path) -> Path:
    """Write the code of the system's functions into a new folder, beside the runtime; return it."""
    for name in ("contracts", "messaging"):
        shutil.copytree(LAMBDAS / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(LAMBDAS / "requirements.txt", folder)
    shutil.copytree(OWN, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return folder
