"""The extension of a test system's service: a parameter that its functions may read."""

from collections.abc import Mapping

from aws_cdk import Stack, aws_iam as iam, aws_kms as kms, aws_ssm as ssm
from constructs import Construct

from stacks.deployment import Deployment


class Extension(Construct):
    def __init__(self, scope: Stack, *, deployment: Deployment, key: kms.IKey | None) -> None:
        super().__init__(scope, "Greeting")
        self.parameter = ssm.StringParameter(self, "Text", string_value=deployment.stage)

    @property
    def resources(self) -> Mapping[str, str]:
        return {"greeting": self.parameter.parameter_name}

    def grant(self, role: iam.Role, function: str) -> None:
        if function != "pages":
            return
        actions, arns = ["ssm:GetParameter"], [self.parameter.parameter_arn]
        iam.Grant.add_to_principal(grantee=role, actions=actions, resource_arns=arns)
