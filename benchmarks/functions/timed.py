"""The handler of another module, timed inside the function."""

import importlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.client import BaseClient

_handler = importlib.import_module(os.environ["BENCH_TARGET"]).handler


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the seconds of the batch, the number of failures, and with `count` the AWS calls."""
    calls: Counter[str] = Counter()
    if event.pop("count", False):
        with _counted(calls):
            return {**_run(event, context), "calls": calls}
    return _run(event, context)


def _run(event: dict[str, Any], context: Any) -> dict[str, Any]:
    started = time.perf_counter()
    failures = len(_handler(event, context)["batchItemFailures"])
    return {"seconds": time.perf_counter() - started, "failures": failures}


@contextmanager
def _counted(calls: Counter[str]) -> Iterator[None]:
    """Count calls by operation, and DynamoDB items as reads and writes."""
    original: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counting(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        calls[operation] += 1
        items = [len(each) for each in parameters.get("RequestItems", {}).values()]
        if operation == "BatchGetItem":
            keys = [each["Keys"] for each in parameters["RequestItems"].values()]
            calls["reads"] += sum(map(len, keys))
        elif operation == "GetItem":
            calls["reads"] += 1
        elif operation in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"):
            calls["writes"] += sum(items) or 1
        return original(self, operation, parameters)

    BaseClient._make_api_call = counting  # type: ignore[attr-defined]
    try:
        yield
    finally:
        BaseClient._make_api_call = original  # type: ignore[attr-defined]
