"""The table in which a service remembers requests that have a time limit."""

from aws_cdk import Stack, aws_kms as kms

from contracts import RequestTimedOut
from stacks.deployment import Deployment
from stacks.storage.tables import RuntimeTable
from topology import model
from topology.routing.recipients import enqueued_commands

# What the runtime calls: a request is written down, then marked as answered or as timed out.
ACTIONS = ("dynamodb:PutItem", "dynamodb:UpdateItem")
NO_RECOVERY = (
    "It holds which requests still wait. Put back to an earlier time it would deliver "
    "time-outs or answers again, so nobody restores it."
)


def requests(
    scope: Stack, service: model.Service, deployment: Deployment, key: kms.IKey | None
) -> RuntimeTable | None:
    """Make the table if one of the service's consumers takes time-outs."""
    if RequestTimedOut not in enqueued_commands(service):
        return None
    return RuntimeTable(scope, "Requests", no_recovery=NO_RECOVERY, deployment=deployment, key=key)
