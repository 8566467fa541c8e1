"""The code of functions: the folder of their service, and the layer."""

from pathlib import Path

from aws_cdk import IgnoreMode, aws_lambda as lambda_
from constructs import Construct

from topology import names


def handler_code(lambdas: Path, service: str) -> lambda_.Code:
    """Return the folder of one service as an asset; raises FileNotFoundError without handler.py.

    The hash depends on this service only.
    """
    package = names.package(service)
    if not (lambdas / package / "handler.py").is_file():
        raise FileNotFoundError(
            f"{service} has no lambdas/{package}/handler.py: write one with its functions"
        )
    only = ["*", f"!{package}", f"!{package}/**", "__pycache__"]
    return lambda_.Code.from_asset(str(lambdas), exclude=only, ignore_mode=IgnoreMode.GIT)


def layer_version(scope: Construct, content: Path) -> lambda_.LayerVersion:
    """Return a layer version for one service: a shared version would tie services together."""
    return lambda_.LayerVersion(
        scope,
        "Layer",
        code=lambda_.Code.from_asset(str(content)),
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_14],
        compatible_architectures=[lambda_.Architecture.ARM_64],
        description="messaging, contracts and third-party packages",
    )
