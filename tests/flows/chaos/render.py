"""The account, for people."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.flows.chaos.run import Result

_PROBLEMS_SHOWN = 20


def render(result: Result, console: Console) -> None:
    """Show what was done, what became of the messages, and the verdict."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in _rows(result):
        table.add_row(name, str(value))
    console.print(table)
    problems = result.account.problems
    for problem in problems[:_PROBLEMS_SHOWN]:
        console.print(Text(f"WRONG  {problem}", style="bold red"))
    if problems:
        console.print(f"{len(problems)} problems")
    else:
        console.print(Text("\nEvery message is accounted for.", style="green"))


def _rows(result: Result) -> Iterator[tuple[str, object]]:
    found = result.to_json()
    yield "messages sent", found["messages"]
    yield "follow-ups they published", found["followUps"]
    yield "seconds of chaos", found["chaosSeconds"]
    yield "seconds until all was quiet", found["seconds"]
    for kind, count in found["faults"].items():
        yield f"  {kind}", count
    yield "workers killed", found["kills"]
    yield "invocations", found["invocations"]
    yield "  that died", found["invocationsThatDied"]
    yield "  of them out of time", found["ofThemTimedOut"]
    yield "processed", found["processed"]
    yield "  with one effect", found["processedWithOneEffect"]
    yield "dead-lettered", found["dead"]
    for cause, count in found["deadLetters"].items():
        yield f"  {cause}", count
    yield "  of them as planned", found["deadAsPlanned"]
    yield "further copies of dead letters", found["furtherCopiesOfDeadLetters"]
    yield "effect more than once", len(found["effectTwice"])
    yield from _why(reason for reasons in found["effectTwice"].values() for reason in reasons)
    yield "processed, and a copy dead", len(found["processedAndDead"])
    yield from _why(found["processedAndDead"].values())
    yield "highest attempt", found["mostAttempts"]


def _why(reasons: Iterator[str]) -> Iterator[tuple[str, object]]:
    return ((f"  {reason}", count) for reason, count in Counter(reasons).most_common())
