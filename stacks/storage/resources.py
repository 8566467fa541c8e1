"""The resources of a service besides its topics, queues and functions."""

from aws_cdk import Stack

from stacks.deployment import Deployment
from stacks.storage.claim_check import find_claims
from stacks.storage.extension import Extension
from stacks.storage.runtime_tables import idempotency_table, requests_table
from stacks.storage.tables import Table
from stacks.support.keys import find_key
from topology import model


class Resources:
    """Tables, extension and claims bucket of a service, and the customer's `key`, if there is one.

    `shared` are the service's tables and its extension: all functions find them in their settings.
    `claims`, `idempotency_table` and `requests_table` belong to the runtime; each is None unless
    the topology needs it.
    """

    def __init__(
        self,
        scope: Stack,
        service: model.Service,
        deployment: Deployment,
        extension: type[Extension] | None,
    ) -> None:
        """Make what the service owns; look up what the stage and the service's topics own."""
        encrypts = extension is not None or _has_data(service)
        key = self.key = find_key(scope, deployment) if encrypts else None
        self.shared: list[Extension] = [
            Table(scope, table=table, deployment=deployment, key=key) for table in service.tables
        ]
        if extension:
            self.shared.append(extension(scope, deployment=deployment, key=key))
        stage, name = deployment.stage, service.name
        self.claims = find_claims(scope, stage, name) if service.claim_check else None
        self.idempotency_table = idempotency_table(scope, service, deployment, key)
        self.requests_table = requests_table(scope, service, deployment, key)


def _has_data(service: model.Service) -> bool:
    """Whether a service has queues or tables, or sends messages to encrypted topics."""
    queues = bool(service.consumers or service.functions)
    return queues or bool(service.tables or service.publishes or service.sends)
