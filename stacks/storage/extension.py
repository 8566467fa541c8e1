"""What serves one service alone: CDK code, found by the service's name, not map data."""

from collections.abc import Mapping
from typing import Protocol

from aws_cdk import Stack, aws_iam as iam, aws_kms as kms

from stacks.deployment import Deployment
from stacks.extensions.data_lake_ingestion import Lake
from topology.model import Service


class Extra(Protocol):
    """Resources of one service, and what its functions may do with them."""

    def __init__(self, scope: Stack, *, deployment: Deployment, key: kms.IKey | None) -> None:
        """Make the resources."""

    @property
    def resources(self) -> Mapping[str, str]:
        """What the functions find in their settings."""

    def grant(self, role: iam.Role) -> None:
        """Let a function's role use the resources."""


EXTRAS: Mapping[str, type[Extra]] = {"DataLakeIngestion": Lake}


def extras(
    scope: Stack, service: Service, deployment: Deployment, key: kms.IKey | None
) -> list[Extra]:
    """Make what a service has besides the map: nothing, for most."""
    extra = EXTRAS.get(service.name)
    return [extra(scope, deployment=deployment, key=key)] if extra else []
