"""Every check besides the tests, exactly what CI runs."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from ops.local import environment
from ops.paths import ROOT


@dataclass(frozen=True)
class Step:
    """A command that must end with exit code 0."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """How a step went; `seconds` is its own time."""

    step: Step
    ok: bool
    seconds: float
    output: str


def _module(name: str, *arguments: str) -> Step:
    return Step(" ".join((name, *arguments)), (sys.executable, "-m", name, *arguments))


STEPS: Final = (
    _module("ruff", "check", "."),
    _module("ruff", "format", "--check", "."),
    _module("mypy"),
    Step("cfn-lint on every template", (sys.executable, "-m", "ops.quality.templates")),
    Step("cdk-nag on every stack", (sys.executable, "-m", "stacks.nag")),
)
_AT_ONCE: Final = 2


def check(console: Console, steps: Sequence[Step] = STEPS) -> bool:
    """Run the steps, two at a time, and report them in order; say whether all went well."""
    all_ok = True
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for result in pool.map(_run, steps):
            _report(result, console)
            all_ok = all_ok and result.ok
    return all_ok


def _run(step: Step) -> Result:
    begun = time.monotonic()
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env=environment.own(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return Result(step, done.returncode == 0, time.monotonic() - begun, done.stdout.strip())


def _report(result: Result, console: Console) -> None:
    mark = "[green]ok[/]    " if result.ok else "[bold red]failed[/]"
    console.print(f"{mark} {result.seconds:6.1f} s  {result.step.name}", highlight=False)
    if not result.ok and result.output:
        console.print(result.output, markup=False, highlight=False, soft_wrap=True)
