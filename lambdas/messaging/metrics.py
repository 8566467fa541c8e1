"""Metrics of a batch in CloudWatch's embedded metric format: one JSON line, no call.

Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from messaging.invocation import Invocation
from messaging.outcome import DeadLetter, Done, HandBack, Requeue, Skipped
from messaging.work import Work

NAMESPACE: Final = "Waystation"
COUNTS: Final = (
    "Processed",
    "Requeued",
    "DeadLettered",
    "Duplicates",
    "HandedBack",
    "HopLimitReached",
)
_OF: Final = {
    Done: "Processed",
    Requeue: "Requeued",
    DeadLetter: "DeadLettered",
    Skipped: "Duplicates",
    HandBack: "HandedBack",
}
# Values that a metric may have in one line.
_MAX_VALUES: Final = 100


def of_batch(
    works: Sequence[Work], kept: Mapping[str, str], invocation: Invocation
) -> dict[str, Any]:
    """Return the line with the batch's counts, and the ages (ms) of what was processed."""
    counts = Counter(_OF[type(work.outcome)] for work in works if work.outcome)
    counts["HopLimitReached"] = sum(_in_circles(work) for work in works)
    ages = [_age(work) for work in works if isinstance(work.outcome, Done)][:_MAX_VALUES]
    metrics = [{"Name": name, "Unit": "Count"} for name in COUNTS]
    metrics += [{"Name": "Age", "Unit": "Milliseconds"}] if ages else []
    return {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
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


def _in_circles(work: Work) -> bool:
    return isinstance(work.outcome, DeadLetter) and work.outcome.cause == "hops"


def _age(work: Work) -> int:
    sent = work.record.get("attributes", {}).get("SentTimestamp")
    return max(0, round(time.time() * 1000) - int(sent)) if sent else 0
