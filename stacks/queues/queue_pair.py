"""A queue and its dead-letter queue."""

from typing import Any

from aws_cdk import Duration, aws_kms as kms, aws_sqs as sqs
from constructs import Construct

from stacks.deployment import Deployment
from stacks.support.suppress import suppress

RETENTION_DAYS = 4
# A message that SQS moves keeps its age (developer guide, dead-letter queue retention): people
# have ten days at least.
DEAD_LETTER_RETENTION_DAYS = 14


class QueuePair(Construct):
    """Where messages wait, and where those lie that cannot be processed. Encrypted, TLS-only."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        deployment: Deployment,
        visibility_timeout: int,
        max_receives: int,
        fifo: bool,
        key: kms.IKey | None,
    ) -> None:
        """Make both queues; `visibility_timeout` in seconds."""
        super().__init__(scope, id_)
        self.fifo, self.visibility_timeout = fifo, visibility_timeout
        # SQS takes a dead-letter queue of the same type only.
        self.dead_letters = dead_letter_queue(
            self, "DeadLetters", deployment=deployment, fifo=fifo, key=key
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=Duration.seconds(visibility_timeout),
            retention_period=Duration.days(RETENTION_DAYS),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=max_receives
            ),
            **_options(deployment, fifo, key),
        )


def dead_letter_queue(
    scope: Construct, id_: str, *, deployment: Deployment, fifo: bool, key: kms.IKey | None
) -> sqs.Queue:
    """Make a queue for what could not be processed or delivered."""
    queue = sqs.Queue(
        scope,
        id_,
        retention_period=Duration.days(DEAD_LETTER_RETENTION_DAYS),
        **_options(deployment, fifo, key),
    )
    last = "It is a dead-letter queue: nothing comes after it."
    # The first rule knows no dead letters but those of a queue, the second knows none at all.
    reasons = {"AwsSolutions-SQS3": last, "Serverless-SQSRedrivePolicy": last}
    suppress(queue, reasons)
    return queue


def _options(deployment: Deployment, fifo: bool, key: kms.IKey | None) -> dict[str, Any]:
    """Return what every queue has in common."""
    return {
        "encryption": sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        "encryption_master_key": key,
        "enforce_ssl": True,
        "removal_policy": deployment.removal_policy,
        **(_FIFO if fifo else {}),
    }


# High throughput. The runtime names what is a duplicate: a body's hash would swallow equal events.
_FIFO: dict[str, Any] = {
    "fifo": True,
    "deduplication_scope": sqs.DeduplicationScope.MESSAGE_GROUP,
    "fifo_throughput_limit": sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
}
