"""Deploys a system to the local endpoint with the CDK CLI."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from botocore.exceptions import ClientError

from ops.errors import DeploymentFailed
from ops.local import cdk, state
from ops.local.aws import Aws
from ops.local.cdk import Run
from ops.local.environment import ACCOUNT, REGION
from ops.local.progress import Progress
from ops.local.stack_events import Stacks, stacks_of
from ops.local.state import Deployment
from ops.paths import tail

# Stacks deployed at once: the emulator takes milliseconds a stack, the CLI polls for seconds.
_CONCURRENCY = 16
_TOOLKIT = "CDKToolkit"


def synthesis(home: Path, wanted: Deployment) -> AbstractContextManager[Run]:
    """Start to synthesize; the emulator can start meanwhile."""
    shutil.rmtree(assembly(home), ignore_errors=True)
    context = {"system": wanted.system, "stage": wanted.stage, "target": "local"}
    options = (word for name, value in context.items() for word in ("--context", f"{name}={value}"))
    return cdk.run(home, "synth", "--quiet", "--output", str(assembly(home)), *options)


def assembly(home: Path) -> Path:
    """Return the folder of the cloud assembly."""
    return home / "cdk.out"


def finish(run: Run, what: str) -> None:
    """Wait for a CDK command; raises DeploymentFailed."""
    if run.wait():
        raise DeploymentFailed(what, tail(run.log), run.log)


def bootstrap(home: Path, endpoint: str) -> None:
    """Create the bucket and the roles of CDK deployments, unless the emulator has them."""
    if _bootstrapped(endpoint):
        return
    environment = f"aws://{ACCOUNT}/{REGION}"
    # Not in the project's folder, where the CLI would synthesize first.
    with cdk.run(home, "bootstrap", environment, cwd=home, endpoint=endpoint) as run:
        finish(run, "cdk bootstrap")


def deploy(home: Path, endpoint: str, wanted: Deployment, progress: Progress) -> None:
    """Deploy every stack of the assembly; raises DeploymentFailed with the CLI's reasons."""
    stacks = stacks_of(assembly(home))
    options = (
        *("--app", str(assembly(home)), "--all"),
        *("--concurrency", str(_CONCURRENCY), "--asset-parallelism"),
        *("--method", "direct", "--progress", "events", "--require-approval", "never"),
    )
    with cdk.run(home, "deploy", *options, endpoint=endpoint) as run, progress:
        progress.watch(stacks)
        if run.wait(lambda line: _read(line, stacks, progress)):
            raise DeploymentFailed(
                _failed(stacks), "\n".join(stacks.reasons) or tail(run.log), run.log
            )
    state.write(home, wanted)


def _read(line: str, stacks: Stacks, progress: Progress) -> None:
    if name := stacks.read(line):
        progress.changed(stacks, name)


def _failed(stacks: Stacks) -> str:
    return (
        ", ".join(name for name, state in stacks.states.items() if state == "failed")
        or "cdk deploy"
    )


def _bootstrapped(endpoint: str) -> bool:
    try:
        return bool(Aws(endpoint).cloudformation.describe_stacks(StackName=_TOOLKIT)["Stacks"])
    except ClientError:
        return False
