"""What a demo returns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from ops.local.aws import Aws
from ops.local.progress import Progress


@dataclass(frozen=True)
class Result:
    """What happened: a JSON `document`, a function that prints it, and whether all is right."""

    document: dict[str, Any]
    render: Callable[[Console], None]
    right: bool


Drive = Callable[[Aws, dict[str, Any], Progress], Result]
"""Drives a deployed system; takes the AWS clients, its endpoints, and the progress display."""
