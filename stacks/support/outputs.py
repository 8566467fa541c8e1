"""What a stack tells the people and tools that run it."""

from aws_cdk import CfnOutput
from constructs import Construct


def output(stack: Construct, name: str, value: str) -> None:
    """Add an output called exactly `name`, without an export: no other stack may depend on it."""
    CfnOutput(stack, f"{name}Output", value=value).override_logical_id(name)
