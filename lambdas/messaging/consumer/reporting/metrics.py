"""Metrics of a batch in CloudWatch's embedded metric format: one JSON line, no call.

Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

import time
from collections import Counter
from collections.abc import Container, Sequence
from typing import Any, Final

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Done, Outcome, Release, Requeue, Skipped

NAMESPACE: Final = "Waystation"
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
_OF: Final = {
    Done: "Processed",
    Requeue: "Requeued",
    DeadLetter: "DeadLettered",
    Release: "Released",
}
# Values that a metric may have in one line.
_MAX_VALUES: Final = 100


def of_batch(
    works: Sequence[Delivery], lost: Container[str], invocation: Invocation
) -> dict[str, Any]:
    """Return the line with the batch's counts, and the ages (ms) of what was processed; `lost` are
    the SQS ids of what could not be requeued or dead-lettered.
    """
    counts = Counter(
        "Returned" if work.sqs_id in lost else _kind(work.outcome) for work in works if work.outcome
    )
    counts["HopLimitReached"] = sum(_in_circles(work) for work in works)
    now = round(time.time() * 1000)
    done = [work for work in works if isinstance(work.outcome, Done)]
    ages = [_age(work, now) for work in done[:_MAX_VALUES]]
    metrics = [{"Name": name, "Unit": "Count"} for name in COUNTS]
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
        **{name: counts[name] for name in COUNTS},
        **({"Age": ages} if ages else {}),
    }


def _kind(outcome: Outcome) -> str:
    return outcome.counts_as if isinstance(outcome, Skipped) else _OF[type(outcome)]


def _in_circles(work: Delivery) -> bool:
    return isinstance(work.outcome, DeadLetter) and work.outcome.cause == "hops"


def _age(work: Delivery, now: int) -> int:
    sent = work.record.get("attributes", {}).get("SentTimestamp")
    return max(0, now - int(sent)) if sent else 0
