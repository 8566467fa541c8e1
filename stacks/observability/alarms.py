"""The alarms of a service."""

from aws_cdk import (
    Stack,
    aws_cloudwatch as cloudwatch,
    aws_cloudwatch_actions as actions,
    aws_lambda as lambda_,
    aws_sns as sns,
    aws_sqs as sqs,
)
from constructs import Construct

from stacks.observability.metrics import HOP_LIMIT_REACHED, runtime_metric
from stacks.queues.queue_pair import QueuePair
from topology import model, names
from topology.retries import longest_wait


class Alarms(Construct):
    """Alarms of one service, which report to the stage's alarm topic."""

    def __init__(self, scope: Construct, id_: str, *, stage: str) -> None:
        """Look up the alarm topic by its name."""
        super().__init__(scope, id_)
        self._stage = stage
        arn = Stack.of(self).format_arn(service="sns", resource=names.alarm_topic(stage))
        self._action = actions.SnsAction(sns.Topic.from_topic_arn(self, "Topic", arn))

    def watch_topics(self, service: model.Service) -> None:
        """Alarm when SNS delivers a message neither to a queue nor to its dead-letter queue."""
        for kind in names.TOPICS:
            topic = names.topic(self._stage, service.name, kind, fifo=service.fifo)
            metric = cloudwatch.Metric(
                namespace="AWS/SNS",
                metric_name="NumberOfNotificationsFailedToRedriveToDlq",
                dimensions_map={"TopicName": topic},
                statistic="Sum",
            )
            lost = "A message is lost: a subscriber's dead-letter queue refused it."
            self._alarm_above(f"{kind}Lost", metric, 0, lost)

    def watch_consumer(
        self, name: str, *, service: str, consumer: model.Consumer, queues: QueuePair
    ) -> None:
        """Alarm on dead letters, on a backlog and on a conversation that reached its hop limit."""
        self.watch_dead_letters(f"{name}DeadLetters", queues.dead_letters)
        self._alarm_above(
            f"{name}Age",
            queues.queue.metric_approximate_age_of_oldest_message(statistic="Maximum"),
            # Without any backlog a retry waits for the longest delay, then may be hidden once.
            longest_wait(consumer) + queues.visibility_timeout,
            "Messages wait too long: the consumer is stopped, failing or too slow.",
        )
        dimensions = {"stage": self._stage, "service": service, "consumer": consumer.name}
        self._alarm_above(
            f"{name}Hops",
            runtime_metric(HOP_LIMIT_REACHED, **dimensions),
            0,
            "A conversation reached its hop limit: see the dead letters with cause hops.",
        )

    def watch_dead_letters(self, name: str, queue: sqs.Queue) -> None:
        """Alarm on dead letters."""
        self._alarm_above(
            name,
            queue.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            0,
            "There are dead letters: read their reasons, then redrive or delete them.",
        )

    def watch_async_invocations(
        self, name: str, function: lambda_.Function, failed: sqs.Queue
    ) -> None:
        """Alarm on failed asynchronous invocations, and on a failed invocation that is lost."""
        self.watch_dead_letters(f"{name}FailedCalls", failed)
        self._alarm_above(
            f"{name}CallsLost",
            function.metric("DestinationDeliveryFailures", statistic="Sum"),
            0,
            "A failed asynchronous invocation is lost: its queue refused it.",
        )

    def watch_function(self, name: str, function: lambda_.Function) -> None:
        """Alarm on invocations that crash, time out or are throttled."""
        self._alarm_above(
            f"{name}Errors",
            function.metric_errors(statistic="Sum"),
            0,
            "Invocations crash or time out, or a direct invocation failed; failures of messages "
            "from a queue do not count here.",
        )
        self._alarm_above(
            f"{name}Throttles",
            function.metric_throttles(statistic="Sum"),
            0,
            "No concurrency is left: lower max_concurrency or raise the account's limit.",
        )

    def _alarm_above(
        self, id_: str, metric: cloudwatch.Metric, threshold: int, description: str
    ) -> None:
        """Alarm when a metric was above its threshold in one period of five minutes."""
        alarm = metric.create_alarm(
            self,
            id_,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=description,
        )
        alarm.add_alarm_action(self._action)
