"""Which faults are injected, and how often, as rules of microburst."""

from collections.abc import Iterator
from typing import Any, Final

CALLS: Final = (
    ("sqs", "SendMessageBatch"),
    ("dynamodb", "PutItem"),
    ("sns", "PublishBatch"),
    ("dynamodb", "BatchWriteItem"),
    ("sqs", "ChangeMessageVisibilityBatch"),
    ("sqs", "DeleteMessageBatch"),
)
# In an outage so many calls of one operation fail; the SDK tries each three times.
_OUTAGE: Final = 0.75
_SERVER_ERRORS: Final = {"dynamodb": "InternalServerError"}
_THROTTLES: Final = {"dynamodb": "ProvisionedThroughputExceededException"}


def rules(outage: str | None) -> list[dict[str, Any]]:
    """Return microburst's rules: some of everything, and much of one operation."""
    return [
        {"service": service, "operation": operation, **fault}
        for service, operation in CALLS
        for fault in _faults(service, operation == outage)
    ]


def _faults(service: str, outage: bool) -> Iterator[dict[str, Any]]:
    factor = _OUTAGE / 0.14 if outage else 1.0
    error = {"code": _SERVER_ERRORS.get(service, "InternalFailure"), "status": 500}
    yield {"probability": 0.03 * factor, "error": error}
    throttle = {"code": _THROTTLES.get(service, "ThrottlingException"), "status": 400}
    yield {"probability": 0.03 * factor, "error": throttle}
    yield {"probability": 0.03 * factor, "reset": True}
    # The call has its effect, and its answer never comes.
    yield {"probability": 0.04 * factor, "response": {"abort_bytes": 0}}
    yield {"probability": 0.03, "latency": {"min": 50, "max": 600}}
    # Longer than the SDK waits, and than the function may take.
    yield {"probability": 0.002, "timeout_ms": 6_000}
