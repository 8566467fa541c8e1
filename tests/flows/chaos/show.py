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
    told = result.to_json()
    yield "messages sent", told["messages"]
    yield "follow-ups they published", told["followUps"]
    yield "seconds of chaos", told["chaosSeconds"]
    yield "seconds until all was quiet", told["seconds"]
    for kind, count in told["faults"].items():
        yield f"  {kind}", count
    yield "workers killed", told["kills"]
    yield "invocations", told["invocations"]
    yield "  that died", told["invocationsThatDied"]
    yield "  of them out of time", told["ofThemTimedOut"]
    yield "processed", told["processed"]
    yield "  with one effect", told["processedWithOneEffect"]
    yield "dead-lettered", told["dead"]
    for cause, count in told["deadLetters"].items():
        yield f"  {cause}", count
    yield "  of them as they were told", told["deadAsTold"]
    yield "further copies of dead letters", told["furtherCopiesOfDeadLetters"]
    yield "effect more than once", len(told["effectTwice"])
    yield from _why(reason for reasons in told["effectTwice"].values() for reason in reasons)
    yield "processed, and a copy dead", len(told["processedAndDead"])
    yield from _why(told["processedAndDead"].values())
    yield "highest attempt", told["mostAttempts"]


def _why(reasons: Iterator[str]) -> Iterator[tuple[str, object]]:
    return ((f"  {reason}", count) for reason, count in Counter(reasons).most_common())
