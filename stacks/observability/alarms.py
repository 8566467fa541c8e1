"""When to wake somebody."""

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
    """The alarms of one service. Each tells the stage's alarm topic, found by its name."""

    def __init__(self, scope: Construct, id_: str, *, stage: str) -> None:
        """Find the alarm topic."""
        super().__init__(scope, id_)
        self._stage = stage
        arn = Stack.of(self).format_arn(service="sns", resource=names.alarm_topic(stage))
        self._action = actions.SnsAction(sns.Topic.from_topic_arn(self, "Topic", arn))

    def watch_topics(self, service: model.Service) -> None:
        """Tell of messages that SNS could bring neither to a queue nor to its dead letters."""
        for kind in names.TOPICS:
            topic = names.topic(self._stage, service.name, kind, fifo=service.fifo)
            metric = cloudwatch.Metric(
                namespace="AWS/SNS",
                metric_name="NumberOfNotificationsFailedToRedriveToDlq",
                dimensions_map={"TopicName": topic},
                statistic="Sum",
            )
            lost = "A message is lost: a subscriber's dead-letter queue refused it."
            self._above(f"{kind}Lost", metric, 0, lost)

    def watch_consumer(
        self, name: str, *, service: str, consumer: model.Consumer, queues: QueuePair
    ) -> None:
        """Tell of dead letters, of messages that wait longer than retries explain, of circles."""
        self.watch_dead_letters(f"{name}DeadLetters", queues.dead_letters)
        self._above(
            f"{name}Age",
            queues.queue.metric_approximate_age_of_oldest_message(statistic="Maximum"),
            # A retry may lie in its queue for the longest delay, then be hidden once: no backlog.
            longest_wait(consumer) + queues.visibility_timeout,
            "Messages wait too long: the consumer is stopped, failing or too slow.",
        )
        of = {"stage": self._stage, "service": service, "consumer": consumer.name}
        self._above(
            f"{name}Hops",
            runtime_metric(HOP_LIMIT_REACHED, **of),
            0,
            "A conversation ran in circles and was ended: see the dead letters of cause hops.",
        )

    def watch_dead_letters(self, name: str, queue: sqs.Queue) -> None:
        """Tell of dead letters."""
        self._above(
            name,
            queue.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            0,
            "Dead letters wait for somebody: read why, then redrive or delete them.",
        )

    def watch_calls(self, name: str, function: lambda_.Function, failed: sqs.Queue) -> None:
        """Tell of asynchronous calls that failed, and of those that could not even be kept."""
        self.watch_dead_letters(f"{name}FailedCalls", failed)
        self._above(
            f"{name}CallsLost",
            function.metric("DestinationDeliveryFailures", statistic="Sum"),
            0,
            "A failed call is lost: the queue that keeps them refused it.",
        )

    def watch_function(self, name: str, function: lambda_.Function) -> None:
        """Tell of invocations that crashed or timed out, and of those Lambda had no room for."""
        self._above(
            f"{name}Errors",
            function.metric_errors(statistic="Sum"),
            0,
            "Invocations crash or time out, or a direct call failed; failures of messages from a "
            "queue do not count here.",
        )
        self._above(
            f"{name}Throttles",
            function.metric_throttles(statistic="Sum"),
            0,
            "No concurrency is left: lower max_concurrency or raise the account's limit.",
        )

    def _above(self, id_: str, metric: cloudwatch.Metric, threshold: int, description: str) -> None:
        """Alarm as soon as a metric was above its threshold in a period of five minutes."""
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
