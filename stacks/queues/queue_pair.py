"""The queue of a consumer and its dead-letter queue."""

from typing import Any, Final

from aws_cdk import Duration, aws_kms as kms, aws_sqs as sqs
from constructs import Construct

from stacks.deployment import Deployment
from stacks.support.suppress import suppress
from topology import model, names
from topology.retries import receives

RETENTION_DAYS: Final = 4
# A message keeps its age when SQS moves it (developer guide, dead-letter queue retention), so it
# stays in the dead-letter queue for at least ten days.
DEAD_LETTER_RETENTION_DAYS: Final = 14
# High throughput. The runtime sets the deduplication id: by a hash of the body, the second of two
# equal events would be dropped.
FIFO: Final = {
    "fifo": True,
    "deduplication_scope": sqs.DeduplicationScope.MESSAGE_GROUP,
    "fifo_throughput_limit": sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
}


class QueuePair(Construct):
    """A consumer's queue and dead-letter queue: encrypted, TLS only.

    `consumer_scope` is the construct of the whole consumer; its other parts are added there.
    """

    def __init__(
        self,
        scope: Construct,
        consumer: model.Consumer,
        *,
        deployment: Deployment,
        key: kms.IKey | None,
    ) -> None:
        """Make the construct of the consumer and both queues."""
        consumer_scope = Construct(scope, f"{names.pascal(consumer.name)}Consumer")
        super().__init__(consumer_scope, "Queues")
        self.consumer_scope, self.fifo = consumer_scope, consumer.fifo
        # Lambda developer guide, SQS: six times the function's timeout plus the batching window.
        self.visibility_timeout = 6 * consumer.timeout + consumer.batching_window
        # SQS requires a dead-letter queue of the same type.
        self.dead_letters = dead_letter_queue(
            self, "DeadLetters", deployment=deployment, fifo=consumer.fifo, key=key
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=Duration.seconds(self.visibility_timeout),
            retention_period=Duration.days(RETENTION_DAYS),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=receives(consumer)
            ),
            **_options(deployment, consumer.fifo, key),
        )


def dead_letter_queue(
    scope: Construct, id_: str, *, deployment: Deployment, fifo: bool, key: kms.IKey | None
) -> sqs.Queue:
    """Make a queue for messages that were not processed or not delivered."""
    queue = sqs.Queue(
        scope,
        id_,
        retention_period=Duration.days(DEAD_LETTER_RETENTION_DAYS),
        **_options(deployment, fifo, key),
    )
    last = "It is a dead-letter queue itself."
    # The first rule recognizes dead-letter queues of queues only, the second none.
    suppress(queue, {"AwsSolutions-SQS3": last, "Serverless-SQSRedrivePolicy": last})
    return queue


def _options(deployment: Deployment, fifo: bool, key: kms.IKey | None) -> dict[str, Any]:
    """Return the properties that all queues have in common."""
    return {
        "encryption": sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        "encryption_master_key": key,
        "enforce_ssl": True,
        "removal_policy": deployment.removal_policy,
        **(FIFO if fifo else {}),
    }
