"""The customer's KMS key, one per stage: made by the platform, found by an SSM parameter."""

from aws_cdk import Aws, aws_iam as iam, aws_kms as kms, aws_ssm as ssm
from constructs import Construct

from stacks.deployment import Deployment
from topology import names

# SNS sends to encrypted queues, CloudWatch publishes to the encrypted alarm topic.
SERVICES = ("sns", "cloudwatch")


class CustomerKey(Construct):
    """A rotated key; SNS and CloudWatch may use it on behalf of this account only."""

    def __init__(self, scope: Construct, id_: str, *, deployment: Deployment) -> None:
        """Make the key and publish its ARN."""
        super().__init__(scope, id_)
        self.key = kms.Key(
            self,
            "Key",
            description=f"Messages and data of stage {deployment.stage}",
            enable_key_rotation=True,
            removal_policy=deployment.removal_policy,
        )
        # By account: the policy cannot name topics, because topics refer to this key.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"{name}.amazonaws.com") for name in SERVICES],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        ssm.StringParameter(
            self,
            "Arn",
            parameter_name=names.key_parameter(deployment.stage),
            string_value=self.key.key_arn,
        )


def find_key(scope: Construct, deployment: Deployment) -> kms.IKey | None:
    """Return the stage's customer key, looked up at deployment; None without `customer_key`."""
    if not deployment.customer_key:
        return None
    name = names.key_parameter(deployment.stage)
    return kms.Key.from_key_arn(
        scope, "Key", ssm.StringParameter.value_for_string_parameter(scope, name)
    )
