"""The figures that follow from a retry policy."""

import pytest

from messaging.policy import RetryPolicy
from topology.model import Consumer
from topology.retries import longest_delays, longest_wait, receives


@pytest.mark.parametrize(
    ("policy", "delays"),
    [
        (RetryPolicy(max_attempts=1), []),
        (RetryPolicy(max_attempts=4), [1, 2, 4]),
        (RetryPolicy(max_attempts=4, cap=3), [1, 2, 3]),
        (RetryPolicy(max_attempts=4, jitter="equal"), [1, 2, 4]),
        (RetryPolicy(max_attempts=4, jitter="decorrelated"), [3, 9, 27]),
        (RetryPolicy(max_attempts=4, schedule=(5, 60)), [5, 60, 60]),
        # The third retry would be later than max_age.
        (RetryPolicy(max_attempts=4, max_age=6), [1, 2]),
    ],
)
def test_jitter_makes_no_delay_longer(policy: RetryPolicy, delays: list[float]) -> None:
    assert longest_delays(policy) == delays


@pytest.mark.parametrize(
    ("attempts", "fifo", "expected"),
    [
        *((1, False, 10), (5, False, 10), (8, False, 10), (9, False, 11), (100, False, 102)),
        *((1, True, 100), (10, True, 100), (11, True, 110), (100, True, 1000)),
    ],
)
def test_max_receive_count_exceeds_the_attempts(attempts: int, fifo: bool, expected: int) -> None:
    consumer = Consumer("rides", retry=RetryPolicy(max_attempts=attempts), fifo=fifo)

    assert receives(consumer) == expected
    assert receives(consumer) >= attempts + 2


@pytest.mark.parametrize(
    ("consumer", "expected"),
    [
        # A requeued message is a new SQS message, which waits at most 15 minutes.
        (Consumer("rides", retry=RetryPolicy(max_attempts=100)), 900),
        (Consumer("rides", fifo=True), 900),
        # In a FIFO queue the message stays, and its age grows.
        (Consumer("rides", retry=RetryPolicy(schedule=(600,)), fifo=True), 2400),
    ],
)
def test_a_message_waits_as_long_as_its_retries_take(consumer: Consumer, expected: int) -> None:
    assert longest_wait(consumer) == expected
