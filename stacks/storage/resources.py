"""The resources of a service besides its topics, queues and functions."""

from collections.abc import Iterable

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

    `tables` are the service's own, by name. `claims`, `idempotency_table` and `requests_table`
    belong to the runtime; each is None unless the topology needs it.
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
        self.tables = {
            each.name: Table(scope, table=each, deployment=deployment, key=key)
            for each in service.tables
        }
        self.extension: Extension | None = (
            extension(scope, deployment=deployment, key=key) if extension else None
        )
        stage, name = deployment.stage, service.name
        self.claims = find_claims(scope, stage, name) if service.claim_check else None
        self.idempotency_table = idempotency_table(scope, service, deployment, key)
        self.requests_table = requests_table(scope, service, deployment, key)

    def names(self, tables: Iterable[str]) -> dict[str, str]:
        """Return the deployed names of tables and of the extension's resources, by short name."""
        found = {each: self.tables[each].table.table_name for each in tables}
        return {**found, **(self.extension.resources if self.extension else {})}


def _has_data(service: model.Service) -> bool:
    """Whether a service has queues or tables, or sends messages to encrypted topics."""
    queues = bool(service.consumers or service.functions)
    return queues or bool(service.tables or service.publishes or service.sends)
