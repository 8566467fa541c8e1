"""A queue and its dead-letter queue."""

from aws_cdk import Duration, aws_kms as kms, aws_sqs as sqs
from constructs import Construct

from stacks.acknowledge import acknowledge
from stacks.deployment import Deployment

RETENTION_DAYS = 4
# A message that SQS moves keeps its age (developer guide, dead-letter queue retention): people
# have ten days at least.
DEAD_LETTER_RETENTION_DAYS = 14
# The last net, for crashes and time-outs: what fails in the ordinary way is requeued as a new
# message. AWS asks for 5 at least, since throttled receives count. So do those of records handed
# back near the deadline, hence 10: healthy batch-mates of a slow message are not dead letters.
MAX_RECEIVES = 10


class Queues(Construct):
    """Where messages wait, and where those lie that cannot be processed. Encrypted, TLS-only."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        deployment: Deployment,
        visibility_timeout: int,
        key: kms.IKey | None,
    ) -> None:
        """Make both queues; `visibility_timeout` in seconds."""
        super().__init__(scope, id_)
        self.visibility_timeout = visibility_timeout
        encryption = sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            retention_period=Duration.days(DEAD_LETTER_RETENTION_DAYS),
            encryption=encryption,
            encryption_master_key=key,
            enforce_ssl=True,
            removal_policy=deployment.removal_policy,
        )
        acknowledge(
            self.dead_letters,
            {"Serverless-SQSRedrivePolicy": "It is a dead-letter queue: nothing comes after it."},
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=Duration.seconds(visibility_timeout),
            retention_period=Duration.days(RETENTION_DAYS),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=MAX_RECEIVES
            ),
            encryption=encryption,
            encryption_master_key=key,
            enforce_ssl=True,
            removal_policy=deployment.removal_policy,
        )
