"""The permissions of a service's functions: what the topology declares, and nothing else."""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam

from messaging.settings import Settings
from stacks.queues.queue_pair import QueuePair
from stacks.storage.claim_check import grant_check_in
from stacks.storage.resources import Resources
from stacks.storage.runtime_tables import REQUEST_ACTIONS
from topology import model


class Permissions:
    """The permissions that all functions of a service but its authorizer share; `roles` have them.

    A function may publish to the topics, and invoke the functions, that its settings name.
    """

    def __init__(
        self,
        service: model.Service,
        settings: Settings,
        resources: Resources,
        queues: Mapping[str, QueuePair],
    ) -> None:
        """Take what the functions may use; `queues` by consumer."""
        self._settings, self._resources = settings, resources
        accepting = [each.name for each in service.consumers if each.accepts_enqueued]
        self._enqueue_to = [queues[name].queue for name in accepting]
        self.roles: list[iam.Role] = []

    def grant(self, role: iam.Role) -> None:
        """Let the role of a function send, publish, invoke and use the service's resources."""
        self.roles.append(role)
        for each in self._resources.shared:
            each.grant(role)
        self._grant_publish(role)
        grant_invoke(role, self._settings)
        for queue in self._enqueue_to:
            queue.grant_send_messages(role)
        if self._resources.requests_table:
            self._resources.requests_table.grant(role, *REQUEST_ACTIONS)

    def _grant_publish(self, role: iam.Role) -> None:
        """Let a role publish to the own MsgOut and to the recipients' MsgIn, encrypted topics too,
        and store bodies that are too large for SNS.
        """
        settings, resources = self._settings, self._resources
        msg_out = [settings.msg_out_arn] if settings.publishes else []
        topics = [*msg_out, *(each.msg_in_arn for each in settings.sends.values())]
        if not topics:
            return
        iam.Grant.add_to_principal(grantee=role, actions=["sns:Publish"], resource_arns=topics)
        if resources.claims and settings.publishes:
            grant_check_in(resources.claims, role, settings.publishes)
        if resources.key:
            resources.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")


def grant_invoke(role: iam.Role, settings: Settings) -> None:
    """Let a role invoke the functions that the settings name, without versions or aliases."""
    functions = [arn for each in settings.invokes.values() for arn in each.values()]
    if functions:
        iam.Grant.add_to_principal(
            grantee=role,
            actions=["lambda:InvokeFunction"],
            # One function may handle several commands.
            resource_arns=list(dict.fromkeys(functions)),
        )
