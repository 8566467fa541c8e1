"""Show how a deployment goes, on stderr: a live list on a terminal, plain lines elsewhere."""

import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ops.local.stack_events import Stacks, State

_LOOKS: dict[State, str] = {
    "waiting": "[dim]waiting[/]",
    "deploying": "[yellow]deploying[/]",
    "done": "[green]done[/]",
    "unchanged": "[green]unchanged[/]",
    "failed": "[bold red]failed[/]",
}


class Progress:
    """Tells what happens; used as a context while stacks are deployed."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to `console`, stderr by default."""
        self._console = console or Console(stderr=True, highlight=False)
        self._begun = time.monotonic()
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """Report a step, with the seconds since the beginning."""
        self._console.print(
            f"{time.monotonic() - self._begun:5.1f} s  {text}", markup=False, soft_wrap=True
        )

    def watch(self, stacks: Stacks) -> None:
        """Show the stacks as they are now, and from here on."""
        if self._console.is_terminal:
            self._live = Live(_table(stacks), console=self._console, refresh_per_second=8)
            self._live.start()

    def changed(self, stacks: Stacks, name: str) -> None:
        """Show that a stack changed its state."""
        if self._live:
            self._live.update(_table(stacks))
        elif stacks.states[name] != "deploying":
            self.say(f"[{stacks.finished}/{len(stacks.states)}] {name} {stacks.states[name]}")

    def __enter__(self) -> "Progress":
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the list as it is."""
        if self._live:
            self._live.stop()


def _table(stacks: Stacks) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, state in stacks.states.items():
        table.add_row(f"  {name}", _LOOKS[state])
    return table
