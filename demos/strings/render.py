"""The demo's result as text for people."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demos.strings.conversation import Step
from demos.strings.expectations import Expectation, Scene
from demos.strings.verdict import Line


def table(lines: Sequence[Line], console: Console) -> None:
    """Print a row for every string."""
    found = Table("scene", "string", box=None, pad_edge=False)
    for title in ("attempts", "generated", "stored", "received"):
        found.add_column(title, justify="right")
    found.add_column("at Requestor")
    found.add_column("at Generator")
    scene = ""
    for line in lines:
        times = (line.generated, line.stored, line.received)
        found.add_row(
            "" if line.scene == scene else line.scene,
            line.title,
            str(line.attempts),
            *("" if seconds is None else f"{seconds:.1f} s" for seconds in times),
            Text(line.requestor, style=_style(line)),
            Text(line.generator, style=_style(line)),
        )
        scene = line.scene
    console.print(found)


def _style(line: Line) -> str:
    if line.wrong:
        return "bold red"
    return "yellow" if line.requestor == "late" else ""


def notes(scenes: Sequence[Scene], console: Console) -> None:
    """Print the note of each scene that has one."""
    console.print()
    for scene in scenes:
        if scene.note:
            console.print(f"{scene.title}: {scene.note}", markup=False, highlight=False)


def conversation(string: Expectation, steps: Sequence[Step], console: Console) -> None:
    """Print the messages of one conversation."""
    console.print(f"\nConversation {string.correlation_id} ({string.title})", markup=False)
    for step in steps:
        cause = f"caused by {step.cause}" if step.cause else "the request"
        text = f"  {step.seconds:5.1f} s  {step.tag:<16}at {step.service:<10} {cause}"
        console.print(text, markup=False, highlight=False)


def verdict(
    lines: Sequence[Line], wrong: Sequence[str], letters: Sequence[dict[str, Any]], console: Console
) -> None:
    """Print what is wrong, or that nothing is."""
    for text in wrong:
        console.print(Text(f"WRONG  {text}", style="bold red"))
    for letter in letters:
        console.print(Text(f"WRONG  dead letter: {letter}", style="bold red"))
    if not wrong and not letters:
        text = f"\n{len(lines)} strings, each once on both sides; no message lost, none doubled."
        console.print(Text(text, style="green"))
