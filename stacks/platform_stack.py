"""What all services of a stage share. They find it by name, so that each is deployed alone."""

from aws_cdk import Aws, Stack, aws_iam as iam, aws_sns as sns
from constructs import Construct

from stacks.deployment import Deployment
from stacks.support.keys import CustomerKey
from stacks.support.outputs import output
from topology import names


class PlatformStack(Stack):
    """The topic that every alarm reports to and, on request, the customer's key."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        """Compose, then grant."""
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
