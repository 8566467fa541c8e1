"""What becomes of asynchronous calls of a function when they fail."""

from aws_cdk import (
    Duration,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_lambda_destinations as destinations,
    aws_sqs as sqs,
)
from constructs import Construct

from stacks.deployment import Deployment
from stacks.queues.queue_pair import dead_letter_queue

# Lambda's own defaults, said so that nobody has to look them up: a call that fails is tried again
# after one minute and after two more; one that finds no concurrency, for six hours.
RETRIES = 2
MAX_AGE_HOURS = 6


class AsyncInvocation(Construct):
    """Nobody waits for an asynchronous call, so one that failed for good is kept in a queue."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        function: lambda_.Function,
        deployment: Deployment,
        key: kms.IKey | None,
    ) -> None:
        """Make the queue and let Lambda fill it, which it does as the function's role."""
        super().__init__(scope, id_)
        # Lambda sends to standard queues only.
        self.failed: sqs.Queue = dead_letter_queue(
            self, "Failed", deployment=deployment, fifo=False, key=key
        )
        lambda_.EventInvokeConfig(
            self,
            "Config",
            function=function,
            on_failure=destinations.SqsDestination(self.failed),
            retry_attempts=RETRIES,
            max_event_age=Duration.hours(MAX_AGE_HOURS),
        )
