"""Permissions: each permission that a role has used is in a file.

A line is a JSON array of the role's name, the action, and the ARN of the resource, written when the
role first uses it. Whoever removes the file begins a new recording.
"""

import json
import os
from pathlib import Path
from threading import Lock
from typing import Any, Final

from ministack.core import iam_evaluator
from ministack.services import sts

from ops.emulator_patches.replacing import replace_function
from ops.local.environment import MARKER
from ops.local.state import USED_PERMISSIONS

_FILE: Final = Path(os.environ[MARKER]) / USED_PERMISSIONS
_ROLE: Final = ":assumed-role/"

_written: Final[set[tuple[str, str, str]]] = set()
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
    if denied is None:
        _record(access_key, action, resource_arn)
    return denied


def _record(access_key: str, action: str, resource: str) -> None:
    _, is_role, session = sts._sessions.get(access_key, {}).get("Arn", "").partition(_ROLE)
    if not is_role:
        return
    used = (session.partition("/")[0], action, resource)
    with _lock:
        if not _FILE.exists():
            _written.clear()
        if used not in _written:
            _written.add(used)
            with _FILE.open("a") as file:
                file.write(json.dumps(used) + "\n")


_decide = replace_function(
    iam_evaluator,
    "enforce",
    _enforce,
    *("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"),
)
