"""The table by which idempotent consumers know what they have handled."""

from aws_cdk import Stack, aws_iam as iam, aws_kms as kms
from constructs import Construct

from messaging.policy import Idempotency
from stacks.acknowledge import acknowledge
from stacks.deployment import Deployment
from stacks.outputs import output
from stacks.table import expiring_table
from topology import model

# What the runtime calls, see messaging/idempotency.py.
ACTIONS = {
    "lease": ("dynamodb:PutItem", "dynamodb:BatchWriteItem"),
    "completion": ("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"),
}


class Handled(Construct):
    """One table a service: it costs what is used, and each item is gone when it has expired."""

    def __init__(self, scope: Stack, *, deployment: Deployment, key: kms.IKey | None) -> None:
        """Make the table."""
        super().__init__(scope, "Handled")
        self._key = key
        self.table = expiring_table(self, deployment, key)
        no_recovery = (
            "It holds what has been handled lately. Put back to an earlier time it would have "
            "messages handled again, so nobody restores it."
        )
        acknowledge(self.table, {"AwsSolutions-DDB3": no_recovery})
        output(scope, "Handled", self.table.table_name)

    def grant(self, role: iam.Role, policy: Idempotency) -> None:
        """Let a consumer do what its guarantee needs."""
        self.table.grant(role, *ACTIONS[policy.guarantee])
        if self._key:
            self._key.grant_encrypt_decrypt(role)


def handled(
    scope: Stack, service: model.Service, deployment: Deployment, key: kms.IKey | None
) -> Handled | None:
    """Make the table if one of the service's consumers is idempotent."""
    idempotent = any(consumer.idempotency for consumer in service.consumers)
    return Handled(scope, deployment=deployment, key=key) if idempotent else None
