"""A Lambda function of a service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import (
    Duration,
    aws_iam as iam,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_logs as logs,
)
from constructs import Construct

from messaging.settings import Settings
from stacks.compute.async_invocation import AsyncInvocation
from stacks.compute.environment import environment
from stacks.deployment import Deployment
from stacks.support.suppress import suppress
from topology import model, names

RETENTION: Final = logs.RetentionDays.ONE_MONTH

EXPLAINED: Final = {"AwsSolutions-IAM5[Resource::*]": "X-Ray's two Put actions know no resources."}
TWO_ACTIONS: Final = "Two actions each, on the stage's own key only; CDK's grants write them so."
KEY_EXPLAINED: Final = {
    "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": TWO_ACTIONS,
    "AwsSolutions-IAM5[Action::kms:ReEncrypt*]": TWO_ACTIONS,
}
NO_DEAD_LETTERS: Final = "Serverless-LambdaDLQ"
NEVER_ASYNC: Final = "Never invoked asynchronously: a queue or an API waits for the result."
DESTINATION: Final = "Failed invocations go to an on-failure destination, with the reason."


Limits = model.Consumer | model.Function | model.Api | model.Authorizer


@dataclass(frozen=True, kw_only=True)
class FunctionDefaults:
    """What all functions of a service have in common; `environment` are the service's variables."""

    deployment: Deployment
    key: kms.IKey | None
    code: lambda_.Code
    layer: lambda_.LayerVersion
    environment: Mapping[str, str]


class Function(Construct):
    """A function with its own role and log group; the role allows logs and traces, nothing else.

    `name` is the function's name in `lambdas/<service>/handler.py`. A function with `invocable`
    commands in its settings has a predictable name and a queue for failed asynchronous invocations.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        limits: Limits,
        settings: Settings,
        defaults: FunctionDefaults,
        may_loop: bool = False,
    ) -> None:
        """Make role, log group and function; `limits` are its time-out and memory."""
        super().__init__(scope, id_)
        self.name, self.settings, self._more = name, settings, defaults.environment
        deployment, key = defaults.deployment, defaults.key
        predictable = names.function(settings.stage, settings.service, name)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group = logs.LogGroup(
            self, "Logs", retention=RETENTION, removal_policy=deployment.removal_policy
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=predictable if settings.invocable else None,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=defaults.code,
            layers=[defaults.layer],
            handler=names.handler(settings.service, name),
            timeout=Duration.seconds(limits.timeout),
            memory_size=limits.memory,
            environment=environment(name, settings, defaults.environment),
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if may_loop else None,
        )
        self.log_group.grant_write(self.role)
        self.async_invocation: AsyncInvocation | None = None
        if settings.invocable:
            self.async_invocation = AsyncInvocation(
                self, "Calls", function=self.function, deployment=deployment, key=key
            )
        no_dead_letters = {NO_DEAD_LETTERS: DESTINATION if settings.invocable else NEVER_ASYNC}
        suppress(self, EXPLAINED | no_dead_letters | (KEY_EXPLAINED if key else {}))

    def use(self, settings: Settings) -> None:
        """Replace the settings, for what is known only when other functions exist."""
        self.settings = settings
        for name, value in environment(self.name, settings, self._more).items():
            self.function.add_environment(name, value)
