"""The consumers of docs/runtime.md, which quotes them."""

import pytest

from tests.unit.topology.builders import Booked, Move, system
from topology.checks import problems
from topology.model import Consumer, On, RetryPolicy, Service
from topology.retries import longest_delays

exponential = Consumer(
    "bookings",
    listens_to=(On(Booked),),
    retry=RetryPolicy(max_attempts=5, base=1, factor=2, cap=900, jitter="full"),
)
scheduled = Consumer(
    "reports",
    listens_to=(On(Booked),),
    retry=RetryPolicy(schedule=(10, 60, 3_600), max_attempts=4, max_age=86_400),
)
idempotent = Consumer(
    "invoices",
    listens_to=(On(Booked),),
    guarantee="lease",
    deduplication_window=14 * 86_400,
)
ordered = Service(
    name="Stock",
    fifo=True,
    claim_check=True,
    consumers=(Consumer("moves", accepts=(Move,), fifo=True, guarantee="completion"),),
)
parallel = Consumer("mails", listens_to=(On(Booked),), concurrency=8, handler_timeout=20)


@pytest.mark.parametrize("consumer", [exponential, scheduled, idempotent, parallel])
def test_the_consumers_are_within_the_rules(consumer: Consumer) -> None:
    rides = Service(name="Rides", publishes=(Booked,))

    assert problems(system(rides, Service(name="Loyalty", consumers=(consumer,)), ordered)) == []


def test_the_delays_are_as_the_guide_lists_them() -> None:
    assert longest_delays(exponential.retry) == [1, 2, 4, 8]
    assert longest_delays(scheduled.retry) == [10, 60, 3_600]
