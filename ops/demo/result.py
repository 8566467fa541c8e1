"""What a system's demo comes back with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from ops.local.aws import Aws
from ops.local.progress import Progress


@dataclass(frozen=True)
class Result:
    """What happened: `document` for scripts, `render` for people; `right` if all is as it must
    be.
    """

    document: dict[str, Any]
    render: Callable[[Console], None]
    right: bool


Drive = Callable[[Aws, dict[str, Any], Progress], Result]
"""Drives a deployed system, which `endpoints` has described."""
