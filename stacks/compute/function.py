"""A Lambda function of a service."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec
from aws_cdk import (
    Duration,
    aws_iam as iam,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_logs as logs,
)
from constructs import Construct

from contracts import Command
from messaging.settings import Settings
from stacks.compute.async_invocation import AsyncInvocation
from stacks.compute.environment import environment
from stacks.deployment import Deployment
from stacks.storage.tables import RuntimeTable
from stacks.support.suppress import suppress
from topology import names

RETENTION = logs.RetentionDays.ONE_MONTH

NEVER_ALONE = "Never invoked asynchronously: a queue or an API waits for it."
KEPT = "A call that fails goes to an on-failure destination, which learns the reason as well."
EXPLAINED = {"AwsSolutions-IAM5[Resource::*]": "X-Ray's two Put actions know no resources."}
TWO_ACTIONS = "Two actions each, on the stage's own key only; CDK's grants write them so."
KEY_EXPLAINED = {
    "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": TWO_ACTIONS,
    "AwsSolutions-IAM5[Action::kms:ReEncrypt*]": TWO_ACTIONS,
}


@dataclass(frozen=True, kw_only=True)
class FunctionDefaults:
    """What all functions of one service share; `settings` lacks what belongs to one function.

    `handled` is there if one of the consumers is idempotent. `calls` are routes of the API that
    reach functions directly.
    """

    deployment: Deployment
    key: kms.IKey | None
    code: lambda_.Code
    layer: lambda_.LayerVersion
    settings: Settings
    environment: Mapping[str, str]
    handled: RuntimeTable | None
    commands: Mapping[str, type[Command]]


class Function(Construct):
    """A function with a role and a log group of its own; it may log and trace, nothing else.

    `name` is what `lambdas/<service>/handler.py` calls it; `timeout` in seconds, `memory` in MiB.
    One that `answers` commands is found by its name in the account; it knows which routes of the
    API call it, and keeps asynchronous `calls` that fail.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        common: FunctionDefaults,
        settings: Settings,
        timeout: int,
        memory: int,
        invocable: Collection[type[Command]] = (),
        may_loop: bool = False,
    ) -> None:
        """Make role, log group and function, then grant."""
        super().__init__(scope, id_)
        self.name = name
        known = _own(settings, invocable, common.commands)
        predictable = names.function(settings.stage, settings.service, name)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group = logs.LogGroup(
            self, "Logs", retention=RETENTION, removal_policy=common.deployment.removal_policy
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=predictable if invocable else None,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=common.code,
            layers=[common.layer],
            handler=names.handler(settings.service, name),
            timeout=Duration.seconds(timeout),
            memory_size=memory,
            environment=environment(name, known, common.environment),
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if may_loop else None,
        )
        self.log_group.grant_write(self.role)
        self.async_invocation: AsyncInvocation | None = None
        if invocable:
            self.async_invocation = AsyncInvocation(
                self,
                "Calls",
                function=self.function,
                deployment=common.deployment,
                key=common.key,
            )
        why = {"Serverless-LambdaDLQ": KEPT if invocable else NEVER_ALONE}
        suppress(self, EXPLAINED | why | (KEY_EXPLAINED if common.key else {}))


def _own(
    settings: Settings, invocable: Collection[type[Command]], commands: Mapping[str, type[Command]]
) -> Settings:
    """Add what a function answers, and on which routes of the API."""
    return msgspec.structs.replace(
        settings,
        invocable=tuple(command.msg_tag for command in invocable),
        commands={
            route: command.msg_tag for route, command in commands.items() if command in invocable
        },
    )
