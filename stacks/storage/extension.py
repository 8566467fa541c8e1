"""A team's own CDK code for one service: a class `Extension` in stacks/extensions/<package>.py."""

from collections.abc import Mapping
from typing import Protocol

from aws_cdk import Stack, aws_iam as iam, aws_kms as kms

from stacks.deployment import Deployment


class Extension(Protocol):
    """Resources of one service, and what the functions of the service may do with them."""

    def __init__(self, scope: Stack, *, deployment: Deployment, key: kms.IKey | None) -> None:
        """Add the resources to the service's stack; `key` is the customer's, if there is one."""

    @property
    def resources(self) -> Mapping[str, str]:
        """Names of resources by short name: `settings().resources` of each function."""

    def grant(self, role: iam.Role, function: str) -> None:
        """Let the role of a function use what it uses of the resources, often nothing.

        `function` is its name in `handler.py`, e.g. "api".
        """
