"""The permissions of a service's functions: what the topology declares, and nothing else."""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam

from messaging.settings import Settings
from stacks.compute.function import Function
from stacks.queues.grants import grant_send
from stacks.queues.queue_pair import QueuePair
from stacks.storage.claim_check import grant_check_in
from stacks.storage.resources import Resources
from stacks.storage.runtime_tables import REQUEST_ACTIONS
from topology import model
from topology.routing.parts import enqueued_by, tracks_requests
from topology.uses import Uses


class Permissions:
    """The permissions that follow from what a function uses, and from its settings.

    A function may publish to the topics, and invoke the functions, that its settings name.
    `enqueueing` are the roles of the functions that may send to the queue of each consumer.
    """

    def __init__(
        self, service: model.Service, resources: Resources, queues: Mapping[str, QueuePair]
    ) -> None:
        """Take what the functions may use; `queues` by consumer."""
        self._service, self._resources, self._queues = service, resources, queues
        self.enqueueing: dict[str, list[iam.Role]] = {each.name: [] for each in service.consumers}

    def grant(self, function: Function, uses: Uses) -> None:
        """Let a function send, publish, invoke and use the service's resources."""
        role, resources = function.role, self._resources
        for name, actions in uses.tables.items():
            resources.tables[name].grant(role, *(f"dynamodb:{action}" for action in actions))
        if resources.extension:
            resources.extension.grant(role, function.name)
        for consumer in enqueued_by(self._service, uses).values():
            grant_send(self._queues[consumer.name].queue, role)
            self.enqueueing[consumer.name].append(role)
        if resources.requests_table and tracks_requests(self._service, uses):
            resources.requests_table.grant(role, *REQUEST_ACTIONS)
        _grant_publish(role, function.settings, resources)
        _grant_invoke(role, function.settings)


def _grant_publish(role: iam.Role, settings: Settings, resources: Resources) -> None:
    """Let a role publish to the own MsgOut and to the recipients' MsgIn, encrypted topics too, and
    store bodies that are too large for SNS.
    """
    msg_out = [settings.msg_out_arn] if settings.publishes else []
    topics = [*msg_out, *(each.msg_in_arn for each in settings.sends.values())]
    if not topics:
        return
    iam.Grant.add_to_principal(grantee=role, actions=["sns:Publish"], resource_arns=topics)
    if resources.claims and settings.publishes:
        grant_check_in(resources.claims, role, settings.publishes)
    if resources.key:
        resources.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")


def _grant_invoke(role: iam.Role, settings: Settings) -> None:
    """Let a role invoke the functions that the settings name, without versions or aliases."""
    functions = [arn for each in settings.invokes.values() for arn in each.values()]
    if functions:
        iam.Grant.add_to_principal(
            grantee=role,
            actions=["lambda:InvokeFunction"],
            # One function may handle several commands.
            resource_arns=list(dict.fromkeys(functions)),
        )
