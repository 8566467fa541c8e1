"""Another function's handler, its calls to AWS noted in a file: a line each."""

import importlib
import os
from typing import Any

from botocore.client import BaseClient

_FILE = os.environ["BENCH_CALLS"]
_call: Any = BaseClient._make_api_call  # type: ignore[attr-defined]


def _noting(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
    note = os.open(_FILE, os.O_WRONLY | os.O_APPEND)
    os.write(note, f"{operation}\n".encode())
    os.close(note)
    return _call(self, operation, parameters)


BaseClient._make_api_call = _noting  # type: ignore[attr-defined]
handler = importlib.import_module(os.environ["BENCH_TARGET"]).handler
