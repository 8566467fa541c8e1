"""The tables of the runtime, each made only for a service that needs the table."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Stack, aws_kms as kms

from contracts import RequestTimedOut
from messaging.policy import Guarantee
from stacks.deployment import Deployment
from stacks.storage.tables import RuntimeTable
from topology import model
from topology.routing.parts import begins_requests, ends_requests
from topology.routing.recipients import enqueued_commands
from topology.uses import Uses

# Actions of the runtime, by guarantee: messaging/consumer/intake/idempotency.py.
IDEMPOTENCY_ACTIONS: Final[Mapping[Guarantee, tuple[str, ...]]] = {
    "lease": ("dynamodb:PutItem", "dynamodb:BatchWriteItem"),
    "completion": ("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"),
}
# Who sends a request writes it; replies and the time-out update it: messaging/sending/
# pending_requests.py.
BEGIN_REQUEST: Final = ("dynamodb:PutItem",)
END_REQUEST: Final = ("dynamodb:UpdateItem",)


def request_actions(service: model.Service, function: Uses) -> tuple[str, ...]:
    """Return what a function does in the requests table: it begins requests, ends them, or both."""
    begins = BEGIN_REQUEST if begins_requests(service, function) else ()
    ends = END_REQUEST if ends_requests(service, function) else ()
    return tuple(dict.fromkeys((*begins, *ends)))


def idempotency_table(
    scope: Stack, service: model.Service, deployment: Deployment, key: kms.IKey | None
) -> RuntimeTable | None:
    """Make the table of handled messages if one of the service's consumers is idempotent."""
    if not any(consumer.idempotent for consumer in service.consumers):
        return None
    no_recovery = (
        "The table holds recently handled messages. After a restore to an earlier time messages "
        "would be handled again."
    )
    return RuntimeTable(scope, "Handled", no_recovery=no_recovery, deployment=deployment, key=key)


def requests_table(
    scope: Stack, service: model.Service, deployment: Deployment, key: kms.IKey | None
) -> RuntimeTable | None:
    """Make the table of pending requests if one of the service's consumers handles time-outs."""
    if RequestTimedOut not in enqueued_commands(service):
        return None
    no_recovery = (
        "The table holds pending requests. After a restore to an earlier time replies and "
        "time-outs would be delivered again."
    )
    return RuntimeTable(scope, "Requests", no_recovery=no_recovery, deployment=deployment, key=key)
