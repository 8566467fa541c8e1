"""A consumer: subscriptions, function and event source around its queues."""

from collections.abc import Sequence

from aws_cdk import Duration, aws_iam as iam, aws_lambda as lambda_

from messaging.settings import Settings
from stacks.compute.function import Function, FunctionDefaults
from stacks.compute.settings import consumer_settings, with_senders
from stacks.queues.grants import grant_receive, grant_send
from stacks.queues.queue_pair import QueuePair
from stacks.queues.subscriptions import Subscriptions
from stacks.storage.claim_check import find_claims, grant_check_out
from stacks.storage.runtime_tables import IDEMPOTENCY_ACTIONS
from stacks.storage.tables import RuntimeTable
from stacks.support.suppress import suppress
from topology import model
from topology.routing.subscriptions import Subscription


class Consumer:
    """The subscriptions, function and event source of a consumer.

    Its queues are made before: the settings of all functions of the service may name them.
    """

    def __init__(
        self,
        consumer: model.Consumer,
        *,
        queues: QueuePair,
        subscriptions: Sequence[Subscription],
        settings: Settings,
        idempotency_table: RuntimeTable | None,
        defaults: FunctionDefaults,
    ) -> None:
        """Subscribe the queue, make the function, grant, and let Lambda poll the queue.

        `settings` are the function's own, without the consumer's part.
        """
        scope, deployment = queues.consumer_scope, defaults.deployment
        self.consumer, self.queues = consumer, queues
        table = idempotency_table if consumer.idempotent else None
        self.undelivered = Subscriptions(
            scope,
            "Subscriptions",
            subscriptions=subscriptions,
            queues=queues,
            deployment=deployment,
            key=defaults.key,
        ).undelivered
        claims = [
            (each, find_claims(scope, deployment.stage, each.publisher))
            for each in subscriptions
            if each.claim_check
        ]
        buckets = {tag: bucket.bucket_name for each, bucket in claims for tag in each.tags}
        self.function = Function(
            scope,
            "Handler",
            name=consumer.name,
            limits=consumer,
            settings=consumer_settings(settings, consumer, queues, table, buckets),
            defaults=defaults,
            # Requeueing is a loop. Lambda would end it after about 16 rounds and without a log
            # line; the runtime has a hop limit instead.
            may_loop=True,
        )
        self._grant(table)
        for subscription, bucket in claims:
            grant_check_out(bucket, self.function.role, subscription.tags)
        self._poll()

    def accept_state_from(self, enqueueing: Sequence[iam.Role]) -> None:
        """Let the runtime honour the state of copies and dead letters of its own function, and of
        messages from the roles `enqueueing`, which may send to the queue.
        """
        senders = dict.fromkeys(role.role_id for role in (self.function.role, *enqueueing))
        self.function.use(with_senders(self.function.settings, senders))

    def _grant(self, table: RuntimeTable | None) -> None:
        """Let the function use its queues and the idempotency table."""
        role = self.function.role
        grant_receive(self.queues.queue, role)
        grant_send(self.queues.dead_letters, role)
        if not self.consumer.fifo:
            # Copies of messages to be tried again. In a FIFO queue the message itself waits.
            grant_send(self.queues.queue, role)
        if table:
            table.grant(role, *IDEMPOTENCY_ACTIONS[self.consumer.guarantee])

    def _poll(self) -> None:
        """Let Lambda poll the queue."""
        consumer = self.consumer
        # Lambda refuses a batching window for a FIFO queue, even a window of 0 seconds.
        window = None if consumer.fifo else Duration.seconds(consumer.batching_window)
        source = lambda_.EventSourceMapping(
            self.queues.consumer_scope,
            "Source",
            target=self.function.function,
            event_source_arn=self.queues.queue.queue_arn,
            batch_size=consumer.batch_size,
            max_batching_window=window,
            max_concurrency=consumer.max_concurrency,
            report_batch_item_failures=True,
        )
        reason = "Lambda supports failure destinations for streams; this queue has dead letters."
        suppress(source, {"Serverless-LambdaEventSourceMappingDestination": reason})
