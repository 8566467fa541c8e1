"""From topics into a queue."""

from collections.abc import Iterable, Sequence

from aws_cdk import Stack, aws_iam as iam, aws_sns as sns, aws_sqs as sqs
from constructs import Construct

from topology import names
from topology.subscriptions import Subscription


class Subscriptions(Construct):
    """Subscriptions of one queue: raw, filtered; what SNS cannot deliver is a dead letter.

    The filter policy is written as SNS takes it, since the map has validated it already.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        subscriptions: Sequence[Subscription],
        stage: str,
        queue: sqs.Queue,
        dead_letters: sqs.Queue,
    ) -> None:
        """Let the topics send, then subscribe."""
        super().__init__(scope, id_)
        topics = [topic_arn(self, stage, each.publisher, each.topic) for each in subscriptions]
        for receiver in (queue, dead_letters):
            _let_send(topics, receiver)
        for subscription, topic in zip(subscriptions, topics, strict=True):
            made = sns.CfnSubscription(
                self,
                f"{subscription.publisher}{subscription.topic}",
                topic_arn=topic,
                protocol="sqs",
                endpoint=queue.queue_arn,
                raw_message_delivery=True,
                filter_policy=subscription.policy.render(),
                redrive_policy={"deadLetterTargetArn": dead_letters.queue_arn},
            )
            # SNS drops what a queue refuses, so nobody subscribes before the queues accept.
            made.node.add_dependency(queue, dead_letters)


def topic_arn(scope: Construct, stage: str, service: str, kind: names.TopicKind) -> str:
    """Return the ARN of a topic in this account and Region, without a reference to its stack."""
    return Stack.of(scope).format_arn(service="sns", resource=names.topic(stage, service, kind))


def _let_send(topics: Iterable[str], queue: sqs.Queue) -> None:
    """Let these topics, and no other, send to a queue."""
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("sns.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": list(topics)}},
        )
    )
