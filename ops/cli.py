"""The commands of `./waystation`. Each imports what it needs when it runs: help is quick."""

import json
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ops.errors import OpsError
from ops.paths import ROOT, STATE

if TYPE_CHECKING:
    from ops.demo.catalog import Demo

EXAMPLE = """
\b
Examples:
  ./waystation demo                 see the whole thing work
  ./waystation demo --list          which demos there are
  ./waystation up --detach          start it and go on working
  ./waystation endpoints            where to send something
  ./waystation topology --svg       the services and their messages, as a picture
  ./waystation test tests/unit -k retry
\b
Exit codes: 0 fine, 1 failed, 2 wrong use, 3 the local environment is not up.
"""
SYSTEM_HELP = "A system of the folder systems/, by default that of cdk.json."
DEMO_HELP = "The demo to run, by default that of the default system; --list shows all."
STAGE_HELP = "A name for this deployment: several may live side by side."

app = typer.Typer(
    name="waystation",
    help="Messaging between microservices: run it here, without an AWS account and without Docker.",
    epilog=EXAMPLE,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
System = Annotated[str | None, typer.Option(help=SYSTEM_HELP)]
Stage = Annotated[str, typer.Option(help=STAGE_HELP)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return when everything is deployed.")
    ] = False,
    system: System = None,
    stage: Stage = "local",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Default: 4566 or the next free one.")
    ] = None,
) -> None:
    """Start the local AWS and deploy a system to it; without --detach, until Ctrl-C."""
    from ops import systems, up as environment

    environment.run(
        STATE, system=system or systems.default(), stage=stage, port=port, detach=detach
    )


@app.command()
def down() -> None:
    """Stop the local AWS with everything in it."""
    from ops.local import emulator

    stopped = emulator.stop(STATE)
    say(f"stopped {stopped} process{'es' * (stopped > 1)}" if stopped else "nothing was running")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show what is up, the stacks, and the messages in each queue. Exit code 3: not up."""
    from rich.console import Console

    from ops.errors import NotUp
    from ops.inspect import status as report

    found = report.collect(STATE)
    if as_json:
        print_json(found)
    else:
        report.render(found, Console())
    raise typer.Exit(0 if found["emulator"] else NotUp.exit_code)


@app.command()
def endpoints() -> None:
    """Print topics, queues, functions, tables and API URLs of what is deployed, as JSON."""
    from ops.inspect.endpoints import endpoints as read
    from ops.local import emulator, state
    from ops.systems import STAGE, default

    running = emulator.require(STATE)
    deployed = state.read_deployment(STATE) or state.Deployment(default(), STAGE)
    print_json(read(running.endpoint, deployed))


@app.command("topology")
def show_topology(
    system: System = None,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Print the source of a Mermaid flowchart.")
    ] = False,
    svg: Annotated[bool, typer.Option("--svg", help="Print a picture, drawn by D2.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a system's services, topics, consumers, filters and calls, as text or as a picture."""
    from dataclasses import asdict

    from ops import systems
    from ops.inspect import drawing

    if mermaid + svg + as_json > 1:
        raise typer.BadParameter("choose one of --mermaid, --svg and --json")
    graph = drawing.graph(system or systems.default())
    if as_json:
        print_json(asdict(graph))
        return
    form = "mermaid" if mermaid else "svg" if svg else "text"
    sys.stdout.write(drawing.RENDERERS[form](graph))


@app.command()
def demo(
    name: Annotated[str | None, typer.Argument(help=DEMO_HELP)] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the demos there are.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running afterwards.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start, deploy, drive an example system and show what happened."""
    from ops.demo import catalog
    from ops.demo.main import run

    if show_list:
        print_demos(list(catalog.demos().values()), as_json=as_json)
        return
    raise typer.Exit(run(name, keep, as_json))


@app.command()
def check() -> None:
    """Lint, types, templates and security rules: what CI runs besides the tests."""
    from rich.console import Console

    from ops.quality.check import check as run

    raise typer.Exit(0 if run(Console()) else 1)


@app.command()
def bench(
    name: Annotated[str | None, typer.Argument(help="Only this benchmark.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare with the way AWS documents it, side by side. Exit code 1: a goal was missed."""
    from benchmarks.main import run

    raise typer.Exit(run(name, as_json=as_json))


@app.command()
def chaos(
    messages: Annotated[int, typer.Option(min=100, help="How many are sent.")] = 5_000,
    as_json: AsJson = False,
) -> None:
    """Send messages while calls fail and workers are killed; exit code 0: none is unaccounted."""
    from ops.quality.chaos import run

    raise typer.Exit(run(ROOT, messages, as_json=as_json))


@app.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    }
)
def test(context: typer.Context) -> None:
    """Run the tests; whatever follows goes to pytest, e.g. [b]test tests/unit -k retry -x[/b]."""
    from ops.quality.tests import run

    raise typer.Exit(run(ROOT, context.args))


def say(text: str) -> None:
    """Tell people something; results go to stdout."""
    sys.stderr.write(f"{text}\n")


def print_demos(found: "Sequence[Demo]", *, as_json: bool) -> None:
    """List demos with their systems."""
    if as_json:
        print_json(
            [{"name": demo.name, "system": demo.system, "about": demo.about} for demo in found]
        )
        return
    for demo in found:
        sys.stdout.write(f"{demo.name:<16}system {demo.system:<16}{demo.about}\n")


def print_json(value: object) -> None:
    """Print a result."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    # As an exception, so that whatever was started is stopped on the way out.
    raise SystemExit(128 + number)


def main() -> None:
    """Run a command; an expected error is one message, not a traceback."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminated)
    try:
        app(prog_name="./waystation")
    except OpsError as error:
        say(f"waystation: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
