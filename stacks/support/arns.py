"""ARNs in this account and Region from predictable names, without references between stacks."""

from aws_cdk import ArnFormat, Stack
from constructs import Construct


def topic_arn(scope: Construct, name: str) -> str:
    """Return the ARN of a topic."""
    return Stack.of(scope).format_arn(service="sns", resource=name)


def function_arn(scope: Construct, name: str) -> str:
    """Return the ARN of a function without a version."""
    return Stack.of(scope).format_arn(
        service="lambda",
        resource="function",
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
