"""Reads the environment and builds the stacks of one system from the topology."""

import sys

import stacks  # noqa: F401  finds Node before aws_cdk starts it

# isort: split
from aws_cdk import App

from stacks.compute.environment import TooMuchToKnow
from stacks.compute.layer import LayerNotBuilt
from stacks.deployment import Deployment, InvalidContext
from stacks.system import build
from topology.checks import check
from topology.problems import TopologyError
from topology.registry import UnknownSystem, default, find


def main() -> None:
    """Synthesize. Context: `system`, `stage`, `target` ("aws" or "local") and `customer_key`."""
    app = App()
    system = find(app.node.try_get_context("system") or default())
    check(system)
    build(app, system, Deployment.from_context(app.node.try_get_context))
    app.synth()


EXPECTED = (
    FileNotFoundError,
    InvalidContext,
    LayerNotBuilt,
    TopologyError,
    TooMuchToKnow,
    UnknownSystem,
)

if __name__ == "__main__":
    try:
        main()
    except EXPECTED as error:
        sys.exit(str(error))
