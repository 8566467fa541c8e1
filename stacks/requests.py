"""The table in which a service remembers requests that have a time limit."""

from aws_cdk import Stack, aws_iam as iam, aws_kms as kms
from constructs import Construct

from contracts import RequestTimedOut
from stacks.acknowledge import acknowledge
from stacks.deployment import Deployment
from stacks.outputs import output
from stacks.table import expiring_table
from topology import model
from topology.recipients import takers

# What the runtime calls: a request is written down, then marked as answered or as timed out.
ACTIONS = ("dynamodb:PutItem", "dynamodb:UpdateItem")


class Requests(Construct):
    """One table a service: it costs what is used, and each item is gone when it has expired."""

    def __init__(self, scope: Stack, *, deployment: Deployment, key: kms.IKey | None) -> None:
        """Make the table."""
        super().__init__(scope, "Requests")
        self._key = key
        self.table = expiring_table(self, deployment, key)
        no_recovery = (
            "It holds which requests still wait. Put back to an earlier time it would deliver "
            "time-outs or answers again, so nobody restores it."
        )
        acknowledge(self.table, {"AwsSolutions-DDB3": no_recovery})
        output(scope, "Requests", self.table.table_name)

    def grant(self, role: iam.Role) -> None:
        """Let a function write down what it asks for, and settle it."""
        self.table.grant(role, *ACTIONS)
        if self._key:
            self._key.grant_encrypt_decrypt(role)


def requests(
    scope: Stack, service: model.Service, deployment: Deployment, key: kms.IKey | None
) -> Requests | None:
    """Make the table if one of the service's consumers takes time-outs."""
    timed = RequestTimedOut in takers(service)
    return Requests(scope, deployment=deployment, key=key) if timed else None
