"""Metrics of a batch in CloudWatch's embedded metric format: one JSON line, no call.

Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from messaging.consumer.model.delivery import Settled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Done, Outcome, Release, Requeue, Skipped
from messaging.emf import NAMESPACE

COUNTS: Final = (
    "Processed",
    "Requeued",
    "DeadLettered",
    "Duplicates",
    "Late",
    "Released",
    "Returned",
    "HopLimitReached",
)
# Messages with runtime state of a sender that may not write it; sent only when there are some.
FORGED: Final = "ForgedState"
_OF: Final = {
    Done: "Processed",
    Requeue: "Requeued",
    DeadLetter: "DeadLettered",
    Release: "Released",
}
# Values that a metric may have in one line.
_MAX_VALUES: Final = 100


def of_batch(settled: Sequence[Settled], invocation: Invocation) -> dict[str, Any]:
    """Return the line with the batch's counts, and the ages (ms) of what was processed."""
    counts = Counter(
        "Returned" if each.failure is not None else _kind(each.outcome) for each in settled
    )
    counts["HopLimitReached"] = sum(_in_circles(each.outcome) for each in settled)
    names: tuple[str, ...] = COUNTS
    if forged := sum(each.envelope is not None and each.envelope.forged for each in settled):
        counts[FORGED], names = forged, (*COUNTS, FORGED)
    now = round(time.time() * 1000)
    done = [each for each in settled if isinstance(each.outcome, Done)]
    ages = [_age(each, now) for each in done[:_MAX_VALUES]]
    metrics = [{"Name": name, "Unit": "Count"} for name in names]
    metrics += [{"Name": "Age", "Unit": "Milliseconds"}] if ages else []
    return {
        "_aws": {
            "Timestamp": now,
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["stage", "service", "consumer"]],
                    "Metrics": metrics,
                }
            ],
        },
        "stage": invocation.config.stage,
        "service": invocation.config.service,
        "consumer": invocation.consumer.name,
        **{name: counts[name] for name in names},
        **({"Age": ages} if ages else {}),
    }


def _kind(outcome: Outcome) -> str:
    return outcome.counts_as if isinstance(outcome, Skipped) else _OF[type(outcome)]


def _in_circles(outcome: Outcome) -> bool:
    return isinstance(outcome, DeadLetter) and outcome.cause == "hops"


def _age(delivery: Settled, now: int) -> int:
    sent = delivery.record.get("attributes", {}).get("SentTimestamp")
    return max(0, now - int(sent)) if sent else 0
