"""The CDK CLI as a user runs it, against an emulator."""

import os
import subprocess

from ops.local import emulator
from ops.local.environment import for_cdk
from ops.paths import ROOT
from tests.flows.conftest import Deployed

APPROVED = ("--require-approval", "never")


def cdk(deployed: Deployed, *arguments: str) -> str:
    """Run the CLI in the project's folder; return its output."""
    endpoint = emulator.require(deployed.home).endpoint
    done = subprocess.run(
        [ROOT / "node_modules" / ".bin" / "cdk", *arguments],
        cwd=ROOT,
        env=for_cdk(os.environ, deployed.home, endpoint),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def deploy_alone(deployed: Deployed, stack: str) -> None:
    """Deploy one stack of the last synthesis, and none that it depends on."""
    assembly = str(deployed.home / "cdk.out")
    cdk(deployed, "deploy", stack, "--exclusively", *APPROVED, "--app", assembly)


def resources(deployed: Deployed, stack: str) -> list[str]:
    """Return the logical ids of a deployed stack."""
    pages = deployed.aws.cloudformation.get_paginator("list_stack_resources").paginate(
        StackName=stack
    )
    return sorted(
        resource["LogicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
    )
