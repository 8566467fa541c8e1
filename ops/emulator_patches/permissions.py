"""Permissions: each permission that a role has used is in a file, and each that it was denied.

A line is a JSON array of "allowed" or "denied", the role's name, the action, and the ARN of the
resource. It is written the first time; when the file was removed, a new recording begins.
"""

import json
import os
from pathlib import Path
from threading import Lock
from typing import Any, Final

from ministack.core import iam_evaluator
from ministack.services import sts

from ops.emulator_patches.replacing import replace_function
from ops.paths import PERMISSIONS_VARIABLE

_FILE: Final = Path(os.environ[PERMISSIONS_VARIABLE])
_ROLE: Final = ":assumed-role/"

_written: Final[set[tuple[str, str, str, str]]] = set()
_lock: Final = Lock()


def _enforce(
    access_key: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    denied = _decide(access_key, action, service, region, resource_arn, service_context)
    _, is_role, session = sts._sessions.get(access_key, {}).get("Arn", "").partition(_ROLE)
    if is_role:
        decision = "allowed" if denied is None else "denied"
        _record((decision, session.partition("/")[0], action, resource_arn))
    return denied


def _record(line: tuple[str, str, str, str]) -> None:
    with _lock:
        if not _FILE.exists():
            _written.clear()
        if line not in _written:
            _written.add(line)
            with _FILE.open("a") as file:
                file.write(json.dumps(line) + "\n")


_decide = replace_function(
    iam_evaluator,
    "enforce",
    _enforce,
    *("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"),
)
