"""Runs the pinned CDK CLI with the pinned Node."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError
from ops.local import environment, processes
from ops.paths import ROOT

_CLI = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
_QUIET = ("--no-notices", "--no-version-reporting", "--no-color", "--ci")


@dataclass(frozen=True)
class Run:
    """A running CDK CLI; its output goes to `log`."""

    process: subprocess.Popen[str]
    log: Path

    def wait(self, on_line: Callable[[str], None] = lambda line: None) -> int:
        """Call `on_line` with each line of output; return the exit code."""
        assert self.process.stdout is not None
        with self.log.open("w") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                on_line(line.rstrip("\n"))
        return self.process.wait()


def command(*arguments: str) -> list[str]:
    """Return the command line of the CDK CLI."""
    if not _CLI.exists():
        raise OpsError("the CDK CLI is not installed. Any ./waystation command installs it")
    return [str(environment.NODE), str(_CLI), *arguments, *_QUIET]


@contextmanager
def run(
    home: Path, *arguments: str, cwd: Path = ROOT, endpoint: str | None = None
) -> Iterator[Run]:
    """Start the CDK CLI; end it and its children if the block is left early."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=cwd,
        env=environment.for_cdk(os.environ, home, endpoint),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        yield Run(process, home / f"cdk-{arguments[0]}.log")
    finally:
        if process.poll() is None:
            processes.stop_tree(process.pid)
        assert process.stdout is not None
        process.stdout.close()
        process.wait()
