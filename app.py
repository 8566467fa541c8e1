"""Builds the stacks of the system that the CDK context names."""

import sys
from collections.abc import Mapping
from typing import Any, Final

import stacks  # noqa: F401  finds Node before aws_cdk starts it

# isort: split
from aws_cdk import App

from stacks.compute.environment import EnvironmentTooLarge
from stacks.compute.layer import LayerNotBuilt
from stacks.deployment import Deployment, InvalidContext
from stacks.system import InvalidExtension, build, find_extensions
from topology.checks import check
from topology.problems import TopologyError
from topology.registry import UnknownSystem, default, find, systems

EXPECTED: Final = (
    EnvironmentTooLarge,
    FileNotFoundError,
    InvalidContext,
    InvalidExtension,
    LayerNotBuilt,
    TopologyError,
    UnknownSystem,
)


def main(context: Mapping[str, Any] | None = None, outdir: str | None = None) -> str | None:
    """Synthesize; return the message of an error that the user can fix, else None.

    Context: `system`, `stage`, `target` ("aws" or "local") and `customer_key`. The CDK CLI passes
    context and output folder in environment variables; tests pass arguments.
    """
    app = App(context=context, outdir=outdir)
    get = app.node.try_get_context
    try:
        system = find(get("system") or default())
        check(system)
        extensions = find_extensions(systems().values())
        build(app, system, Deployment.from_context(get), extensions)
        app.synth()
    except EXPECTED as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
