"""The two topics of a service: its public interface, which depends on no other service."""

from aws_cdk import Stack, aws_sns as sns, aws_ssm as ssm
from constructs import Construct

from stacks.deployment import Deployment
from stacks.storage.claims import Claims
from stacks.support.keys import find_key
from stacks.support.outputs import output
from topology import names
from topology.model import Service

PER_GROUP = sns.FifoThroughputScope.MESSAGE_GROUP


class ChannelsStack(Stack):
    """MsgIn takes tasks for a service, MsgOut says what it has done; large bodies go beside it."""

    def __init__(self, scope: Construct, *, deployment: Deployment, service: Service) -> None:
        """Make both topics and publish their ARNs; make the claims bucket if there is one."""
        stage = deployment.stage
        super().__init__(scope, names.channels_stack(stage, service.name))
        # Without a customer key a topic is not encrypted at rest. It keeps a message no longer than
        # its deliveries take, and alias/aws/sns, the other choice, lets no AWS service publish.
        key = find_key(self, deployment)
        for kind in names.TOPICS:
            topic = sns.Topic(
                self,
                kind,
                topic_name=names.topic(stage, service.name, kind, fifo=service.fifo),
                enforce_ssl=True,
                master_key=key,
                # Not 3,000 messages a second for the whole topic, but the account's quota.
                fifo_throughput_scope=PER_GROUP if service.fifo else None,
                fifo=service.fifo or None,
            )
            ssm.StringParameter(
                self,
                f"{kind}Arn",
                parameter_name=names.topic_parameter(stage, service.name, kind),
                string_value=topic.topic_arn,
            )
            output(self, kind, topic.topic_arn)
        if service.claim_check:
            claims = Claims(self, "Claims", service=service.name, deployment=deployment, key=key)
            output(self, "ClaimsBucket", claims.bucket.bucket_name)
