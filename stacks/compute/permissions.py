"""What the functions of a service may do: what the map declares, and nothing else."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam, aws_sqs as sqs

from messaging.settings import Settings
from stacks.storage import requests
from stacks.storage.claims import grant_check_in
from stacks.storage.resources import Resources


class Permissions:
    """What every function of a service may do but its authorizer, besides reading its own queue.

    Topics and functions are those of the settings: a function may reach whom it is told of.
    `taking` are the queues that take units of work.
    """

    def __init__(
        self, settings: Settings, resources: Resources, taking: Sequence[sqs.Queue]
    ) -> None:
        self._settings, self._resources, self._taking = settings, resources, taking

    def grant(self, role: iam.Role) -> None:
        """Let a function talk to others, and use what its service keeps."""
        for each in self._resources.kept:
            each.grant(role)
        self._let_publish(role)
        grant_invoke(role, self._settings)
        for queue in self._taking:
            queue.grant_send_messages(role)
        if self._resources.requests:
            self._resources.requests.grant(role, *requests.ACTIONS)

    def _let_publish(self, role: iam.Role) -> None:
        """Let a function publish on its own MsgOut and on its recipients' MsgIn, encrypted ones
        too, and store the bodies that are too large.
        """
        settings, resources = self._settings, self._resources
        own = [settings.msg_out_arn] if settings.publishes else []
        topics = [*own, *(each.msg_in_arn for each in settings.sends.values())]
        if not topics:
            return
        iam.Grant.add_to_principal(grantee=role, actions=["sns:Publish"], resource_arns=topics)
        if resources.claims and settings.publishes:
            grant_check_in(resources.claims, role, settings.publishes)
        if resources.key:
            resources.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")


def grant_invoke(role: iam.Role, settings: Settings) -> None:
    """Let a function invoke those of its settings, none of their versions and no others."""
    functions = [arn for each in settings.invokes.values() for arn in each.values()]
    if functions:
        iam.Grant.add_to_principal(
            grantee=role,
            actions=["lambda:InvokeFunction"],
            # One function may answer several commands.
            resource_arns=list(dict.fromkeys(functions)),
        )
