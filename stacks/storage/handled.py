"""The table by which idempotent consumers know what they have handled."""

from aws_cdk import Stack, aws_kms as kms

from stacks.deployment import Deployment
from stacks.storage.tables import RuntimeTable
from topology import model

# What the runtime calls by guarantee, see messaging/idempotency.py.
ACTIONS = {
    "lease": ("dynamodb:PutItem", "dynamodb:BatchWriteItem"),
    "completion": ("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"),
}
NO_RECOVERY = (
    "It holds what has been handled lately. Put back to an earlier time it would have "
    "messages handled again, so nobody restores it."
)


def handled(
    scope: Stack, service: model.Service, deployment: Deployment, key: kms.IKey | None
) -> RuntimeTable | None:
    """Make the table if one of the service's consumers is idempotent."""
    if not any(consumer.idempotent for consumer in service.consumers):
        return None
    return RuntimeTable(scope, "Handled", no_recovery=NO_RECOVERY, deployment=deployment, key=key)
