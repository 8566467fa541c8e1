"""A consumer: topics → queue → function, and the dead-letter queue beside them."""

from collections.abc import Sequence

import msgspec
from aws_cdk import Duration, aws_lambda as lambda_
from constructs import Construct

from messaging.settings import ConsumerSettings
from stacks.acknowledge import acknowledge
from stacks.function import Common, Function
from stacks.queues import Queues
from stacks.subscription import Subscriptions
from topology import model
from topology.subscriptions import Subscription


class Consumer(Construct):
    """One queue, its dead-letter queue and its function, fed by subscriptions."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        consumer: model.Consumer,
        subscriptions: Sequence[Subscription],
        common: Common,
    ) -> None:
        """Compose, then grant."""
        super().__init__(scope, id_)
        self.queues = Queues(
            self,
            "Queues",
            deployment=common.deployment,
            # Lambda developer guide, SQS: six times the function's timeout plus the window.
            visibility_timeout=6 * consumer.timeout + consumer.batching_window,
            key=common.key,
        )
        Subscriptions(
            self,
            "Subscriptions",
            subscriptions=subscriptions,
            stage=common.deployment.stage,
            queue=self.queues.queue,
            dead_letters=self.queues.dead_letters,
        )
        self.handler = Function(
            self,
            "Handler",
            name=consumer.name,
            common=common,
            settings=msgspec.structs.replace(common.settings, consumer=self._settings(consumer)),
            timeout=consumer.timeout,
            memory=consumer.memory,
            # Requeueing is a loop. Lambda would cut it after about 16 rounds and without a log
            # line; the runtime has a hop limit instead.
            may_loop=True,
        )
        self.queues.queue.grant_consume_messages(self.handler.role)
        self.queues.queue.grant_send_messages(self.handler.role)
        self.queues.dead_letters.grant_send_messages(self.handler.role)
        self._poll(consumer)

    def _settings(self, consumer: model.Consumer) -> ConsumerSettings:
        """Return what the runtime must know about this consumer."""
        return ConsumerSettings(
            name=consumer.name,
            queue_url=self.queues.queue.queue_url,
            dead_letter_queue_url=self.queues.dead_letters.queue_url,
            retry=consumer.retry,
            hop_limit=consumer.hop_limit,
            handler_timeout=consumer.handler_timeout,
            on_requeue_failure=consumer.on_requeue_failure,
        )

    def _poll(self, consumer: model.Consumer) -> None:
        """Let Lambda poll the queue."""
        source = lambda_.EventSourceMapping(
            self,
            "Source",
            target=self.handler.function,
            event_source_arn=self.queues.queue.queue_arn,
            batch_size=consumer.batch_size,
            max_batching_window=Duration.seconds(consumer.batching_window),
            max_concurrency=consumer.max_concurrency,
            report_batch_item_failures=True,
        )
        reason = (
            "Lambda has failure destinations for streams only; this queue has its dead letters."
        )
        acknowledge(source, {"Serverless-LambdaEventSourceMappingDestination": reason})
