"""Retries of a function's asynchronous invocations, and the queue for failed invocations."""

from typing import Final

from aws_cdk import (
    Duration,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_sqs as sqs,
)
from constructs import Construct

from stacks.deployment import Deployment
from stacks.queues.grants import grant_send
from stacks.queues.queue_pair import dead_letter_queue

# Lambda's own defaults, made explicit: two retries, after one minute and after two more; an
# invocation that is throttled is retried for up to six hours.
RETRIES: Final = 2
MAX_AGE_HOURS: Final = 6


class AsyncInvocation(Construct):
    """An invocation that failed finally is sent to the queue `failed`, with the reason."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        function: lambda_.Function,
        deployment: Deployment,
        key: kms.IKey | None,
    ) -> None:
        """Make the queue; Lambda sends to it with the function's role."""
        super().__init__(scope, id_)
        # Lambda sends to standard queues only.
        self.failed: sqs.Queue = dead_letter_queue(
            self, "Failed", deployment=deployment, fifo=False, key=key
        )
        config = lambda_.EventInvokeConfig(
            self,
            "Config",
            function=function,
            retry_attempts=RETRIES,
            max_event_age=Duration.hours(MAX_AGE_HOURS),
        )
        grant_send(self.failed, function)
        resource = config.node.default_child
        assert isinstance(resource, lambda_.CfnEventInvokeConfig)
        # CDK's SqsDestination would grant two actions more.
        failed = resource.OnFailureProperty(destination=self.failed.queue_arn)
        resource.destination_config = resource.DestinationConfigProperty(on_failure=failed)
