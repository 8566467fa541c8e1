"""The commands of `./waystation`. Each imports what it needs when it runs: help is quick."""

import json
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ops import __version__
from ops.errors import OpsError
from ops.paths import ROOT, STATE

if TYPE_CHECKING:
    from ops.demo.catalog import Demo

EXAMPLE = """
\b
Examples:
  ./waystation demo                 deploy the example system and drive it
  ./waystation demo --list          list the demos
  ./waystation up --detach          start the emulator, deploy, return
  ./waystation endpoints            print topics, queues and URLs as JSON
  ./waystation topology --svg       draw the services and their messages
  ./waystation test --fast          run the tests that need no emulator
  ./waystation test tests/unit -k retry
\b
Exit codes: 0 success, 1 failure, 2 wrong usage, 3 the local environment is not up.
"""
SYSTEM_HELP = "A system of the folder systems/. Default: `system` in the context of cdk.json."
DEMO_HELP = "A demo of the folder demos/ (see --list). Default: that of the default system."
STAGE_HELP = "The name of the deployment; several stages can be deployed side by side."

app = typer.Typer(
    name="waystation",
    help="Messaging between microservices on AWS. Runs here without an AWS account or Docker.",
    epilog=EXAMPLE,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
System = Annotated[str | None, typer.Option(help=SYSTEM_HELP)]
Stage = Annotated[str, typer.Option(help=STAGE_HELP)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_version(wanted: bool) -> None:
    """Print the version and exit, if wanted."""
    if wanted:
        sys.stdout.write(f"waystation {__version__}\n")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Take the options before the command."""


@app.command()
def up(
    detach: Annotated[
        bool,
        typer.Option(
            "--detach", "-d", help="Return after the deployment and keep the emulator running."
        ),
    ] = False,
    system: System = None,
    stage: Stage = "local",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Default: 4566 or the next free port.")
    ] = None,
) -> None:
    """Start the emulator and deploy a system to it; stop it at Ctrl-C, unless --detach."""
    from ops import systems, up as environment

    environment.run(
        STATE, system=system or systems.default(), stage=stage, port=port, detach=detach
    )


@app.command()
def down() -> None:
    """Stop the emulator; everything deployed to it is gone."""
    from ops.local import emulator

    stopped = emulator.stop(STATE)
    plural = "es" * (stopped > 1)
    say(f"stopped {stopped} process{plural}" if stopped else "nothing was running")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show the emulator, the stacks and the messages in each queue. Exit code 3: not up."""
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
    """Print the deployed topics, queues, functions, tables and API URLs as JSON."""
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
    show_list: Annotated[bool, typer.Option("--list", help="List the demos.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the emulator running afterwards.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy an example system, drive it, and compare what happened with what must."""
    from ops.demo import catalog
    from ops.demo.main import run

    if show_list:
        print_demos(list(catalog.demos().values()), as_json=as_json)
        return
    raise typer.Exit(run(name, keep, as_json))


@app.command()
def check() -> None:
    """Run ruff, mypy, cfn-lint and cdk-nag: what CI runs besides the tests."""
    from rich.console import Console

    from ops.quality.check import check as run

    raise typer.Exit(0 if run(Console()) else 1)


@app.command()
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="By default all benchmarks.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the runtime beside AWS Lambda Powertools. Exit code 1: a goal was missed."""
    from ops.quality.bench import run

    raise typer.Exit(run(ROOT, names or (), as_json=as_json))


@app.command()
def chaos(
    messages: Annotated[int, typer.Option(min=100, help="The number of messages to send.")] = 5_000,
    as_json: AsJson = False,
) -> None:
    """Send messages while calls fail and workers are killed. Exit code 1: one is unaccounted."""
    from ops.quality.chaos import run

    raise typer.Exit(run(ROOT, messages, as_json=as_json))


@app.command(
    "test",
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
)
def run_tests(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Leave out what needs an emulator.")] = False,
) -> None:
    """Run the tests, with --fast without an emulator; all other arguments go to pytest."""
    from ops.quality.tests import run

    raise typer.Exit(run(ROOT, context.args, fast=fast))


def say(text: str) -> None:
    """Write to stderr; results go to stdout."""
    sys.stderr.write(f"{text}\n")


def print_demos(found: "Sequence[Demo]", *, as_json: bool) -> None:
    """Print demos with their systems."""
    if as_json:
        print_json(
            [{"name": demo.name, "system": demo.system, "about": demo.about} for demo in found]
        )
        return
    for demo in found:
        sys.stdout.write(f"{demo.name:<16}system {demo.system:<16}{demo.about}\n")


def print_json(value: object) -> None:
    """Print a JSON document."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    # As an exception, so that every started process is stopped on the way out.
    raise SystemExit(128 + number)


def main() -> None:
    """Run a command; print an OpsError as one message without a traceback."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminated)
    try:
        app(prog_name="./waystation")
    except OpsError as error:
        say(f"waystation: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
