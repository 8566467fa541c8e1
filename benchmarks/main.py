"""Run benchmarks and print their results."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.result import Result
from benchmarks.suite import SUITE
from ops.errors import OpsError, UnknownName


def main() -> int:
    """Read the command line; return 0 if every goal was met, 1 if one was missed."""
    parser = argparse.ArgumentParser(prog="./waystation bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="by default all benchmarks")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    # As an exception, so that an emulator is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        return run(given.names, as_json=given.json)
    except OpsError as error:
        sys.stderr.write(f"waystation: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def run(names: Sequence[str], *, as_json: bool) -> int:
    """Run some benchmarks, or all; return 0 if every goal was met, else 1.

    Raises UnknownName before any of them runs.
    """
    for name in names:
        if name not in SUITE:
            raise UnknownName("benchmark", name, SUITE)
    results = [_run(name) for name in names or SUITE]
    if as_json:
        documents = [result.to_json() for result in results]
        sys.stdout.write(json.dumps(documents, indent=2, ensure_ascii=False) + "\n")
    else:
        render(results, Console(highlight=False))
    return 0 if all(result.met for result in results) else 1


def _run(name: str) -> Result:
    def report(text: str) -> None:
        sys.stderr.write(f"{name}: {text}\n")
        sys.stderr.flush()

    report("begins")
    return SUITE[name].run(name, report)


def render(results: Sequence[Result], console: Console) -> None:
    """Print a table, and below it what each benchmark did."""
    titles = ("benchmark", "waystation", "baseline", "", "unit", "ratio", "goal", "")
    table = Table(*titles, box=None)
    for result in results:
        figures = (f"{result.waystation:.4g}", f"{result.baseline:.4g}", result.against)
        verdict = "[green]met[/]" if result.met else "[bold red]missed[/]"
        ratio = (f"[b]{result.ratio:.3f}[/]", str(result.goal), verdict)
        table.add_row(result.name, *figures, result.unit, *ratio)
    console.print(table)
    for result in results:
        console.print(f"\n[b]{result.name}[/], medians of {result.runs}")
        for line in (*result.verdicts(), *result.notes):
            console.print(f"  {line}", markup=False, soft_wrap=True)
