"""CloudWatch's embedded metric format: metrics as one JSON line of the log, without a call.

Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

import time
from collections.abc import Mapping
from typing import Any, Final

NAMESPACE: Final = "Waystation"


def counts(dimensions: Mapping[str, str], counted: Mapping[str, int]) -> dict[str, Any]:
    """Return the line with the counts of one set of dimensions."""
    return {
        "_aws": {
            "Timestamp": round(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": name, "Unit": "Count"} for name in counted],
                }
            ],
        },
        **dimensions,
        **counted,
    }
