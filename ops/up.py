"""Starts the emulator, deploys a system, and stops at Ctrl-C."""

import time
from pathlib import Path

from rich.console import Console

from ops.errors import EmulatorFailed
from ops.inspect import summary
from ops.inspect.endpoints import endpoints
from ops.local import deploy, emulator
from ops.local.emulator import log_file
from ops.local.progress import Progress
from ops.local.state import Deployment, Emulator
from ops.paths import tail
from ops.systems import load

_POLL_SECONDS = 0.5


def bring_up(
    home: Path, wanted: Deployment, port: int | None, progress: Progress
) -> tuple[Emulator, bool]:
    """Start the emulator unless it is up, and deploy; stop a newly started emulator on failure.

    Returns the emulator and whether this call started it.
    """
    load(wanted.system)
    home.mkdir(parents=True, exist_ok=True)
    with deploy.synthesis(home, wanted) as synthesis:
        progress.say(f"synthesizing {wanted.system}")
        running, started = emulator.start(home, port)
        try:
            progress.say(_greeting(running, started))
            deploy.bootstrap(home, running.endpoint)
            deploy.finish(synthesis, "cdk synth")
            progress.say(f"deploying to stage {wanted.stage}")
            deploy.deploy(home, running.endpoint, wanted, progress)
            progress.say("deployed")
        except BaseException:
            if started:
                emulator.stop(home)
            raise
    return running, started


def _greeting(running: Emulator, started: bool) -> str:
    return f"{'up' if started else 'already up'} at {running.endpoint} (pid {running.pid})"


def run(home: Path, *, system: str, stage: str, port: int | None, detach: bool) -> None:
    """Deploy and print a summary; unless detached, wait for Ctrl-C, SIGTERM or `down`."""
    deployment = Deployment(system, stage)
    running, started = bring_up(home, deployment, port, Progress())
    console = Console(highlight=False)
    summary.render(endpoints(running.endpoint, deployment), console)
    if detach or not started:
        return
    console.print("\nPress Ctrl-C to stop.")
    try:
        hold(home, running)
    except (KeyboardInterrupt, SystemExit):
        console.print("stopping")
    finally:
        emulator.stop(home)


def hold(home: Path, running: Emulator) -> None:
    """Wait until `down` stops the emulator; raises EmulatorFailed if it ended otherwise."""
    while emulator.running(home) == running:
        time.sleep(_POLL_SECONDS)
    if (home / "emulator.json").exists():
        raise EmulatorFailed("ended", log_file(home), tail(log_file(home)))
