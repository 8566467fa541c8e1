"""The demo's result as text for people."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demos.wild_rydes.verdict import Line


def render(lines: Sequence[Line], letters: Sequence[dict[str, Any]], console: Console) -> None:
    """Print what became of every ride, then the dead letters, then the verdict."""
    console.print(_table(lines))
    for letter in letters:
        _letter(letter, console)
    wrong = [line for line in lines if line.wrong]
    for line in wrong:
        console.print(Text(f"WRONG  {line.ride} at {line.service}: {line.wrong}", style="bold red"))
    if not wrong:
        count = len({line.ride for line in lines})
        console.print(
            Text(f"\n{count} rides, {len(lines)} outcomes, each as expected.", style="green")
        )


def _table(lines: Sequence[Line]) -> Table:
    table = Table("ride", "service", "what happened", box=None, pad_edge=False)
    table.add_column("attempts", justify="right")
    table.add_column("seconds", justify="right")
    ride = ""
    for line in lines:
        table.add_row(
            "" if line.ride == ride else line.ride,
            line.service,
            Text(line.happened, style=_style(line)),
            str(line.attempts) if line.attempts else "",
            f"{line.seconds:.1f}" if line.seconds is not None else "",
        )
        ride = line.ride
    return table


def _style(line: Line) -> str:
    if line.wrong:
        return "bold red"
    if line.happened == "dead-lettered" or line.happened.startswith("400"):
        return "yellow"
    return "dim" if line.happened.startswith(("filtered out", "not published")) else ""


def _letter(letter: dict[str, Any], console: Console) -> None:
    console.print(f"\nDead letter at {letter['consumer']} ({letter['ride']})")
    for name in ("reason", "errorType", "attempts", "fingerprint", "requestId"):
        console.print(f"  {name:<12}{letter.get(name, '')}", markup=False, soft_wrap=True)
    for frame in letter.get("stack", [])[-2:]:
        console.print(f"  {'at':<12}{frame}", markup=False, soft_wrap=True)
