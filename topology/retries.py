"""What a retry policy adds up to: how long a message may be tried, how often SQS hands it out."""

import math
from itertools import accumulate
from typing import Final

from messaging.limits import MAX_DELAY
from messaging.policy import RetryPolicy
from topology.model import Consumer

# SQS, RedrivePolicy: maxReceiveCount.
MAX_RECEIVES: Final = 1_000


def longest_delays(policy: RetryPolicy) -> list[float]:
    """Return the seconds between one attempt and the next, when chance makes each the longest."""
    found: list[float] = []
    for attempt in range(1, policy.max_attempts):
        previous = found[-1] if found else None
        found.append(policy.delay(attempt, max, previous))
    if policy.max_age is None:
        return found
    ages = accumulate(found)
    return [delay for delay, age in zip(found, ages, strict=True) if age <= policy.max_age]


def longest_wait(consumer: Consumer) -> int:
    """Return for how many seconds a message may be on its queue because it is tried again."""
    if not consumer.fifo:
        # A copy takes its place each time.
        return MAX_DELAY
    return max(MAX_DELAY, math.ceil(sum(longest_delays(consumer.retry))))


def receives(consumer: Consumer) -> int:
    """Return how often SQS hands a message out before it moves it to the dead letters itself.

    That is the last net, for crashes and time-outs, below the runtime's own count of attempts.
    """
    attempts = consumer.retry.max_attempts
    if consumer.fifo:
        # A failure hands out the followers in its group again too, of which a batch holds nine: ten
        # times their own attempts is no sign that anything is wrong with them.
        return max(100, 10 * attempts)
    # The runtime convicts a message that ends its process one receive after its last attempt. AWS
    # asks for 5 at least, since throttled receives count. So do those of records handed back near
    # the deadline, hence 10: healthy batch-mates of a slow message are not dead letters.
    return max(10, attempts + 2)
