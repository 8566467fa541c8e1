"""The stack of a service's two topics, its public interface; depends on no other service."""

from aws_cdk import Stack, aws_sns as sns, aws_ssm as ssm
from constructs import Construct

from stacks.deployment import Deployment
from stacks.storage.claim_check import Claims
from stacks.support.keys import find_key
from stacks.support.outputs import output
from topology import names
from topology.model import Service

PER_GROUP = sns.FifoThroughputScope.MESSAGE_GROUP


class ChannelsStack(Stack):
    """MsgIn for commands, MsgOut for events, and a bucket for bodies too large for SNS."""

    def __init__(self, scope: Construct, *, deployment: Deployment, service: Service) -> None:
        """Make both topics and publish their ARNs; make the bucket for claim checks, if used."""
        stage = deployment.stage
        super().__init__(scope, names.channels_stack(stage, service.name))
        # Without a customer key a topic is not encrypted at rest: SNS stores a message only until
        # it is delivered, and with the key alias/aws/sns no AWS service could publish.
        key = find_key(self, deployment)
        for kind in names.TOPICS:
            topic = sns.Topic(
                self,
                kind,
                topic_name=names.topic(stage, service.name, kind, fifo=service.fifo),
                enforce_ssl=True,
                master_key=key,
                # The limit is then the account's quota, not 3,000 messages a second per topic.
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
