"""A consumer: topics → queue → function, and the dead-letter queue beside them."""

from collections.abc import Sequence

import msgspec
from aws_cdk import Duration, aws_kms as kms, aws_lambda as lambda_
from constructs import Construct

from messaging.settings import ConsumerSettings, Settings
from stacks.compute.function import Function, FunctionDefaults
from stacks.deployment import Deployment
from stacks.queues.queue_pair import QueuePair
from stacks.queues.subscriptions import Subscriptions
from stacks.storage import handled
from stacks.storage.claims import find_claims, grant_check_out
from stacks.support.suppress import suppress
from topology import model
from topology.retries import receives
from topology.routing.subscriptions import Subscription


class Consumer(Construct):
    """One queue, its dead-letter queue and its function, fed by subscriptions.

    Made in two steps, since a function may be told of any queue of its service.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        consumer: model.Consumer,
        subscriptions: Sequence[Subscription],
        deployment: Deployment,
        key: kms.IKey | None,
    ) -> None:
        """Make the queues and subscribe."""
        super().__init__(scope, id_)
        self.consumer, self._subscriptions = consumer, subscriptions
        self.queues = QueuePair(
            self,
            "Queues",
            deployment=deployment,
            # Lambda developer guide, SQS: six times the function's timeout plus the window.
            visibility_timeout=6 * consumer.timeout + consumer.batching_window,
            max_receives=receives(consumer),
            fifo=consumer.fifo,
            key=key,
        )
        self.undelivered = Subscriptions(
            self,
            "Subscriptions",
            subscriptions=subscriptions,
            queues=self.queues,
            deployment=deployment,
            key=key,
        ).undelivered

    def add_function(self, common: FunctionDefaults) -> Function:
        """Make the function that reads the queue, and grant."""
        consumer, queues = self.consumer, self.queues
        handler = Function(
            self,
            "Handler",
            name=consumer.name,
            common=common,
            settings=self._settings(common),
            timeout=consumer.timeout,
            memory=consumer.memory,
            invocable=consumer.invocable,
            # Requeueing is a loop. Lambda would cut it after about 16 rounds and without a log
            # line; the runtime has a hop limit instead.
            may_loop=True,
        )
        queues.queue.grant_consume_messages(handler.role)
        queues.queue.grant_send_messages(handler.role)
        queues.dead_letters.grant_send_messages(handler.role)
        if common.handled and consumer.idempotent:
            actions = handled.ACTIONS[consumer.guarantee]
            common.handled.grant(handler.role, *actions)
        for each in self._subscriptions:
            if each.claim_check:
                claims = find_claims(self, common.deployment.stage, each.publisher)
                grant_check_out(claims, handler.role, each.tags)
        self._poll(handler)
        return handler

    def _settings(self, common: FunctionDefaults) -> Settings:
        """Return what the runtime must know about its service and this consumer."""
        consumer = self.consumer
        remembered = common.handled if consumer.idempotent else None
        own = ConsumerSettings(
            name=consumer.name,
            queue_url=self.queues.queue.queue_url,
            dead_letter_queue_url=self.queues.dead_letters.queue_url,
            retry=consumer.retry,
            hop_limit=consumer.hop_limit,
            handler_timeout=consumer.handler_timeout,
            on_requeue_failure=consumer.on_requeue_failure,
            fifo=consumer.fifo,
            concurrency=consumer.concurrency,
            guarantee=consumer.guarantee,
            deduplication_window=consumer.deduplication_window,
            replies=tuple(on.message.msg_tag for on in consumer.replies_from),
        )
        return msgspec.structs.replace(
            common.settings,
            consumer=own,
            idempotency_table=remembered.table.table_name if remembered else "",
        )

    def _poll(self, handler: Function) -> None:
        """Let Lambda poll the queue."""
        consumer = self.consumer
        source = lambda_.EventSourceMapping(
            self,
            "Source",
            target=handler.function,
            event_source_arn=self.queues.queue.queue_arn,
            batch_size=consumer.batch_size,
            # Lambda knows no window for FIFO queues, not even an empty one.
            max_batching_window=(
                None if consumer.fifo else Duration.seconds(consumer.batching_window)
            ),
            max_concurrency=consumer.max_concurrency,
            report_batch_item_failures=True,
        )
        reason = (
            "Lambda has failure destinations for streams only; this queue has its dead letters."
        )
        suppress(source, {"Serverless-LambdaEventSourceMappingDestination": reason})
