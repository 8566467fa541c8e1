"""Run benchmarks, show what they found, and say by the exit code whether all goals were met."""

import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.result import Result
from benchmarks.suite import SUITE
from ops.errors import OpsError


def run(name: str | None, *, as_json: bool) -> int:
    """Run one benchmark, or all; return 0 if every goal was met, else 1."""
    if name is not None and name not in SUITE:
        raise OpsError(f"there is no benchmark {name}. There are: {', '.join(SUITE)}")
    results = [_run(each) for each in ([name] if name else SUITE)]
    if as_json:
        texts = [result.to_json() for result in results]
        sys.stdout.write(json.dumps(texts, indent=2, ensure_ascii=False) + "\n")
    else:
        show(results, Console(highlight=False))
    return 0 if all(result.met for result in results) else 1


def _run(name: str) -> Result:
    def say(text: str) -> None:
        sys.stderr.write(f"{name}: {text}\n")
        sys.stderr.flush()

    say("begins")
    return SUITE[name].run(name, say)


def show(results: Sequence[Result], console: Console) -> None:
    """Print a table, and below it what each benchmark did."""
    table = Table("benchmark", "ours", "theirs", "unit", "ratio", "goal", "", box=None)
    for result in results:
        figures = (f"{result.ours:.4g}", f"{result.theirs:.4g}", result.unit)
        verdict = "[green]met[/]" if result.met else "[bold red]missed[/]"
        table.add_row(result.name, *figures, f"[b]{result.ratio:.3f}[/]", str(result.goal), verdict)
    console.print(table)
    for result in results:
        console.print(f"\n[b]{result.name}[/], medians of {result.runs}")
        for line in (*result.verdicts(), *result.notes):
            console.print(f"  {line}", markup=False, soft_wrap=True)
