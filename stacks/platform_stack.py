"""The stack that all services of a stage share; they refer to its resources by name."""

from aws_cdk import Aws, Stack, aws_iam as iam, aws_sns as sns
from constructs import Construct

from stacks.deployment import Deployment
from stacks.support.keys import CustomerKey
from stacks.support.outputs import output
from topology import names


class PlatformStack(Stack):
    """The alarm topic of a stage and, with `customer_key`, its KMS key."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        """Make key and topic, and let CloudWatch publish to the topic."""
        super().__init__(scope, names.platform_stack(deployment.stage))
        key = (
            CustomerKey(self, "CustomerKey", deployment=deployment).key
            if deployment.customer_key
            else None
        )
        self.alarms = sns.Topic(
            self,
            "Alarms",
            topic_name=names.alarm_topic(deployment.stage),
            enforce_ssl=True,
            master_key=key,
        )
        self.alarms.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.alarms.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        output(self, "AlarmTopic", self.alarms.topic_arn)
