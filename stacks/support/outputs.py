"""Outputs of stacks."""

from aws_cdk import CfnOutput
from constructs import Construct


def output(stack: Construct, name: str, value: str) -> None:
    """Add an output with exactly this name; it has no export, so no stack depends on it."""
    CfnOutput(stack, f"{name}Output", value=value).override_logical_id(name)
