"""What a service owns besides its topics, queues and functions."""

from aws_cdk import Stack

from stacks.deployment import Deployment
from stacks.storage.claims import find_claims
from stacks.storage.extension import Extra, extras
from stacks.storage.handled import handled
from stacks.storage.requests import requests
from stacks.storage.tables import Table
from stacks.support.keys import find_key
from topology import model


class Resources:
    """Tables and what else a service keeps, and the `key` that encrypts it, if it is a customer's.

    Its functions find what is `kept` by name in their settings. `claims`, `handled` and `requests`
    are the runtime's own, there only if something in the map needs them.
    """

    def __init__(self, scope: Stack, service: model.Service, deployment: Deployment) -> None:
        """Make what is the service's, find what is the stage's."""
        key = self.key = find_key(scope, deployment)
        tables = [Table(scope, table=t, deployment=deployment, key=key) for t in service.tables]
        self.kept: list[Extra] = [*tables, *extras(scope, service, deployment, key)]
        stage, name = deployment.stage, service.name
        self.claims = find_claims(scope, stage, name) if service.claim_check else None
        self.handled = handled(scope, service, deployment, key)
        self.requests = requests(scope, service, deployment, key)
