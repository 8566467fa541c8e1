"""Figures that follow from a retry policy: the longest delays, and SQS's `maxReceiveCount`."""

import math
from itertools import accumulate
from typing import Final

from messaging.limits import MAX_DELAY
from messaging.policy import RetryPolicy
from topology.model import Consumer

# SQS, RedrivePolicy: maxReceiveCount.
MAX_RECEIVES: Final = 1_000


def longest_delays(policy: RetryPolicy) -> list[float]:
    """Return the seconds between one attempt and the next, with the longest possible jitter."""
    found: list[float] = []
    for attempt in range(1, policy.max_attempts):
        previous = found[-1] if found else None
        found.append(policy.delay(attempt, max, previous))
    if policy.max_age is None:
        return found
    ages = accumulate(found)
    return [delay for delay, age in zip(found, ages, strict=True) if age <= policy.max_age]


def longest_wait(consumer: Consumer) -> int:
    """Return the seconds for which one SQS message may stay in the queue because of retries."""
    if not consumer.fifo:
        # Each retry is a new SQS message.
        return MAX_DELAY
    return max(MAX_DELAY, math.ceil(sum(longest_delays(consumer.retry))))


def receives(consumer: Consumer) -> int:
    """Return `maxReceiveCount`: after so many receives SQS itself moves a message to the
    dead-letter queue.

    This is the last net, for crashes and time-outs, below the runtime's own count of attempts.
    """
    attempts = consumer.retry.max_attempts
    if consumer.fifo:
        # A failure also returns the messages behind it in its group, nine of them in a batch: ten
        # times their own attempts is no sign of a fault in them.
        return max(100, 10 * attempts)
    # The runtime convicts a message that ends its process one receive after its last attempt. AWS
    # recommends at least 5, since throttled receives count; so do the receives of released records,
    # hence 10: healthy batch-mates of a slow message are not dead-lettered.
    return max(10, attempts + 2)
