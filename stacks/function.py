"""A Lambda function of a service."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import (
    Duration,
    IgnoreMode,
    aws_iam as iam,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_logs as logs,
)
from constructs import Construct

from messaging.settings import Settings
from stacks.acknowledge import acknowledge
from stacks.deployment import Deployment
from stacks.handled import Handled
from topology import names

RETENTION = logs.RetentionDays.ONE_MONTH

EXPLAINED = {
    "AwsSolutions-IAM5[Resource::*]": "X-Ray's two Put actions know no resources.",
    "Serverless-LambdaDLQ": "Never invoked asynchronously: a queue or an API waits for it.",
}
TWO_ACTIONS = "Two actions each, on the stage's own key only; CDK's grants write them so."
KEY_EXPLAINED = {
    "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": TWO_ACTIONS,
    "AwsSolutions-IAM5[Action::kms:ReEncrypt*]": TWO_ACTIONS,
}


@dataclass(frozen=True, kw_only=True)
class Common:
    """What all functions of one service share; `settings` lacks what belongs to one consumer.

    `handled` is there if one of the consumers is idempotent.
    """

    deployment: Deployment
    key: kms.IKey | None
    code: lambda_.Code
    layer: lambda_.LayerVersion
    settings: Settings
    environment: Mapping[str, str]
    handled: Handled | None


def handler_code(lambdas: Path, service: str) -> lambda_.Code:
    """Return one service's folder as an asset; other services do not change its hash."""
    package = names.package(service)
    if not (lambdas / package / "handler.py").is_file():
        raise FileNotFoundError(
            f"{service} has no lambdas/{package}/handler.py: write one with its functions"
        )
    only = ["*", f"!{package}", f"!{package}/**", "__pycache__"]
    return lambda_.Code.from_asset(str(lambdas), exclude=only, ignore_mode=IgnoreMode.GIT)


def layer_version(scope: Construct, content: Path) -> lambda_.LayerVersion:
    """Return a version of this service's own: a shared one would tie all services together."""
    return lambda_.LayerVersion(
        scope,
        "Layer",
        code=lambda_.Code.from_asset(str(content)),
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_14],
        compatible_architectures=[lambda_.Architecture.ARM_64],
        description="messaging, contracts and third-party packages",
    )


class Function(Construct):
    """A function with a role and a log group of its own; it may log and trace, nothing else.

    `name` is what `lambdas/<service>/handler.py` calls it; `timeout` in seconds, `memory` in MiB.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        common: Common,
        settings: Settings,
        timeout: int,
        memory: int,
        may_loop: bool = False,
    ) -> None:
        """Make role, log group and function, then grant."""
        super().__init__(scope, id_)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group = logs.LogGroup(
            self, "Logs", retention=RETENTION, removal_policy=common.deployment.removal_policy
        )
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=common.code,
            layers=[common.layer],
            handler=names.handler(settings.service, name),
            timeout=Duration.seconds(timeout),
            memory_size=memory,
            environment={**common.environment, **settings.to_environment()},
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if may_loop else None,
        )
        self.log_group.grant_write(self.role)
        acknowledge(self, EXPLAINED | (KEY_EXPLAINED if common.key else {}))
