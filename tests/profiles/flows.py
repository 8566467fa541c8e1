"""Runs the flows in a process of their own, with plugins that record their permissions."""

import subprocess
import sys
from pathlib import Path
from typing import IO, Final

from ops.paths import ROOT

# Not chaos, whose functions are led through a proxy; test_environment deploys a second stage.
_FLOWS: Final = (
    *("tests/flows", "--ignore", "tests/flows/chaos"),
    *("--ignore", "tests/flows/test_environment.py"),
)


def record(
    file: Path, *options: str, plugins: tuple[str, ...] = (), output: int | IO[str]
) -> subprocess.CompletedProcess[str]:
    """Run the flows; write what they used to `file`."""
    names = ("tests.profiles.recording", *plugins)
    loaded = (word for name in names for word in ("-p", name))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *loaded, "--recording", file, *options, *_FLOWS],
        cwd=ROOT,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
