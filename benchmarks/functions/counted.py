"""The handler of another module; each of its calls to AWS is a line in a file."""

import importlib
import os
from typing import Any

from botocore.client import BaseClient

_FILE = os.environ["BENCH_CALLS"]
_call: Any = BaseClient._make_api_call  # type: ignore[attr-defined]


def _logged(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
    file = os.open(_FILE, os.O_WRONLY | os.O_APPEND)
    os.write(file, f"{operation}\n".encode())
    os.close(file)
    return _call(self, operation, parameters)


BaseClient._make_api_call = _logged  # type: ignore[attr-defined]
handler = importlib.import_module(os.environ["BENCH_TARGET"]).handler
