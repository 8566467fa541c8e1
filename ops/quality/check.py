"""Every check besides the tests; CI runs the same."""

import os
import sys
from collections.abc import Sequence
from typing import Final

from rich.console import Console

from ops.local import environment
from ops.paths import ROOT
from ops.quality import parallel
from ops.quality.parallel import Command, Result


def _module(name: str, *arguments: str) -> Command:
    return Command(" ".join((name, *arguments)), (sys.executable, "-m", name, *arguments))


STEPS: Final = (
    _module("ruff", "check", "."),
    _module("ruff", "format", "--check", "."),
    _module("mypy"),
    Command("cfn-lint on every template", (sys.executable, "-m", "ops.quality.templates")),
    Command("cdk-nag on every stack", (sys.executable, "-m", "stacks.nag")),
)


def check(console: Console, steps: Sequence[Command] = STEPS) -> bool:
    """Run the steps and report them in order; return whether all ended with exit code 0."""
    all_ok = True
    for result in parallel.run(steps, cwd=ROOT, env=environment.own(os.environ)):
        _report(result, console)
        all_ok = all_ok and result.code == 0
    return all_ok


def _report(result: Result, console: Console) -> None:
    mark = "[bold red]failed[/]" if result.code else "[green]ok[/]    "
    console.print(f"{mark} {result.seconds:6.1f} s  {result.command.name}", highlight=False)
    if result.code and result.output:
        console.print(result.output, markup=False, highlight=False, soft_wrap=True)
