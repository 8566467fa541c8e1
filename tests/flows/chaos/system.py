"""The system that chaos is let loose on: tasks, and the follow-up events of some of them."""

from typing import Final

from tests.flows.chaos.lambdas.chaos_desk.handler import FollowUp, Task
from topology.model import Consumer, On, RetryPolicy, Service, System, Table

# Short, so that the batch of a worker that died comes back after 24 s, six times as much.
TIMEOUT: Final = 4
RETRY: Final = RetryPolicy(max_attempts=6, base=0.5, cap=3)
LEASE: Final = "lease"

desk = Service(
    name="ChaosDesk",
    publishes=(Task, FollowUp),
    consumers=(
        Consumer(
            "work",
            listens_to=(On(Task),),
            writes={"effects": ("UpdateItem",)},
            publishes=(FollowUp,),
            retry=RETRY,
            timeout=TIMEOUT,
            max_concurrency=4,
            guarantee=LEASE,
        ),
        Consumer(
            "followups",
            listens_to=(On(FollowUp),),
            writes={"effects": ("UpdateItem",)},
            publishes=(),
            retry=RETRY,
            timeout=TIMEOUT,
            max_concurrency=2,
            guarantee=LEASE,
        ),
    ),
    tables=(Table("effects"),),
)
system = System(name="chaos", services=(desk,))
