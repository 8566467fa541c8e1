"""The progress of a deployment on stderr: a live list on a terminal, else plain lines."""

import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ops.local.stack_events import Stacks, State

_STATES: dict[State, str] = {
    "waiting": "[dim]waiting[/]",
    "deploying": "[yellow]deploying[/]",
    "done": "[green]done[/]",
    "unchanged": "[green]unchanged[/]",
    "failed": "[bold red]failed[/]",
}


class Progress:
    """Prints steps, and the states of stacks during the `with` block."""

    def __init__(self, console: Console | None = None) -> None:
        """Print to `console`, by default to stderr."""
        self._console = console or Console(stderr=True, highlight=False)
        self._begun = time.monotonic()
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """Print a step with the seconds since the start."""
        self._console.print(
            f"{time.monotonic() - self._begun:5.1f} s  {text}", markup=False, soft_wrap=True
        )

    def watch(self, stacks: Stacks) -> None:
        """Show the states of the stacks."""
        if self._console.is_terminal:
            self._live = Live(_table(stacks), console=self._console, refresh_per_second=8)
            self._live.start()

    def changed(self, stacks: Stacks, name: str) -> None:
        """Update the state of a stack."""
        if self._live:
            self._live.update(_table(stacks))
        elif stacks.states[name] != "deploying":
            self.say(f"[{stacks.finished}/{len(stacks.states)}] {name} {stacks.states[name]}")

    def __enter__(self) -> "Progress":
        """Return the progress itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop updating the list."""
        if self._live:
            self._live.stop()


def _table(stacks: Stacks) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, state in stacks.states.items():
        table.add_row(f"  {name}", _STATES[state])
    return table
