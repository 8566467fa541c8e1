"""From topics into a queue."""

from collections.abc import Iterable, Sequence

from aws_cdk import aws_iam as iam, aws_kms as kms, aws_sns as sns, aws_sqs as sqs
from constructs import Construct

from stacks.deployment import Deployment
from stacks.queues.queue_pair import QueuePair, dead_letter_queue
from stacks.support.arns import topic_arn
from topology import names
from topology.routing.subscriptions import Subscription


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
        queues: QueuePair,
        deployment: Deployment,
        key: kms.IKey | None,
    ) -> None:
        """Let the topics send, then subscribe."""
        super().__init__(scope, id_)
        self._stage = deployment.stage
        of_fifo_topics = [each for each in subscriptions if each.fifo and not queues.fifo]
        others = [each for each in subscriptions if each not in of_fifo_topics]
        self._feed(queues.queue, subscriptions)
        self._subscribe(others, queues.queue, queues.dead_letters)
        self.undelivered: sqs.Queue | None = None
        if of_fifo_topics:
            # SNS developer guide, dead-letter queues: those of FIFO topics are FIFO queues.
            self.undelivered = dead_letter_queue(
                self, "Undelivered", deployment=deployment, fifo=True, key=key
            )
            self._subscribe(of_fifo_topics, queues.queue, self.undelivered)

    def _subscribe(
        self, subscriptions: Sequence[Subscription], queue: sqs.Queue, dead_letters: sqs.Queue
    ) -> None:
        """Subscribe a queue."""
        self._feed(dead_letters, subscriptions)
        for subscription in subscriptions:
            made = sns.CfnSubscription(
                self,
                f"{subscription.publisher}{subscription.topic}",
                topic_arn=self._topic(subscription),
                protocol="sqs",
                endpoint=queue.queue_arn,
                raw_message_delivery=True,
                filter_policy=subscription.policy.render(),
                redrive_policy={"deadLetterTargetArn": dead_letters.queue_arn},
            )
            # SNS drops what a queue refuses, so nobody subscribes before the queues accept.
            made.node.add_dependency(queue, dead_letters)

    def _feed(self, queue: sqs.Queue, subscriptions: Iterable[Subscription]) -> None:
        """Let the topics of these subscriptions, and no other, send to a queue."""
        topics = [self._topic(each) for each in subscriptions]
        if topics:
            queue.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[queue.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": topics}},
                )
            )

    def _topic(self, subscription: Subscription) -> str:
        publisher, kind, fifo = subscription.publisher, subscription.topic, subscription.fifo
        return topic_arn(self, names.topic(self._stage, publisher, kind, fifo=fifo))
