"""The subscriptions of a queue to topics."""

from collections.abc import Iterable, Sequence

from aws_cdk import aws_iam as iam, aws_kms as kms, aws_sns as sns, aws_sqs as sqs
from constructs import Construct

from stacks.deployment import Deployment
from stacks.queues.queue_pair import QueuePair, dead_letter_queue
from stacks.support.arns import topic_arn
from topology import names
from topology.routing.subscriptions import Subscription


class Subscriptions(Construct):
    """Subscriptions of one queue: raw, filtered, with a dead-letter queue for failed deliveries.

    `undelivered` is the dead-letter queue of FIFO topics whose subscriber is a standard queue.
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
        """Let the topics send to the queues, then subscribe."""
        super().__init__(scope, id_)
        self._stage = deployment.stage
        to_other_type = [each for each in subscriptions if each.fifo and not queues.fifo]
        to_same_type = [each for each in subscriptions if each not in to_other_type]
        self._let_send(queues.queue, subscriptions)
        self._subscribe(to_same_type, queues.queue, queues.dead_letters)
        self.undelivered: sqs.Queue | None = None
        if to_other_type:
            # SNS developer guide: the dead-letter queue of a FIFO topic's subscription is FIFO.
            self.undelivered = dead_letter_queue(
                self, "Undelivered", deployment=deployment, fifo=True, key=key
            )
            self._subscribe(to_other_type, queues.queue, self.undelivered)

    def _subscribe(
        self, subscriptions: Sequence[Subscription], queue: sqs.Queue, dead_letters: sqs.Queue
    ) -> None:
        """Subscribe a queue; the filter policies were validated by the topology's rules."""
        self._let_send(dead_letters, subscriptions)
        for subscription in subscriptions:
            resource = sns.CfnSubscription(
                self,
                f"{subscription.publisher}{subscription.topic}",
                topic_arn=self._topic(subscription),
                protocol="sqs",
                endpoint=queue.queue_arn,
                raw_message_delivery=True,
                filter_policy=subscription.policy.render(),
                redrive_policy={"deadLetterTargetArn": dead_letters.queue_arn},
            )
            # SNS drops a message that a queue refuses, so the queue policies come first.
            resource.node.add_dependency(queue, dead_letters)

    def _let_send(self, queue: sqs.Queue, subscriptions: Iterable[Subscription]) -> None:
        """Let the topics of these subscriptions, and no others, send to a queue."""
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
