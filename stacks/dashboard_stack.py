"""The dashboard of a system."""

from collections.abc import Mapping

from aws_cdk import Stack, aws_cloudwatch as cloudwatch, aws_sqs as sqs
from constructs import Construct

from stacks.deployment import Deployment
from stacks.observability import metrics
from stacks.queues.queue_pair import QueuePair
from topology import names

WIDTH, HEIGHT = 12, 6
COUNTS = {
    "processed": metrics.PROCESSED,
    "requeued": metrics.REQUEUED,
    "dead letters": metrics.DEAD_LETTERED,
    "duplicates": metrics.DUPLICATES,
}


class DashboardStack(Stack):
    """A row per consumer: its queues, and the outcomes of its messages.

    Queues are found by name, so this stack and the stacks of services are deployed and removed
    independently.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        system: str,
        deployment: Deployment,
        queues: Mapping[tuple[str, str], QueuePair],
    ) -> None:
        """Make the dashboard; `queues` by service and consumer."""
        super().__init__(scope, names.dashboard_stack(deployment.stage, system))
        dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=names.dashboard(deployment.stage, system)
        )
        for (service, consumer), pair in queues.items():
            title = f"{service}.{consumer}"
            dashboard.add_widgets(
                _waiting(title, pair), _handled(title, deployment.stage, service, consumer)
            )


def _waiting(title: str, queues: QueuePair) -> cloudwatch.GraphWidget:
    """Return the graph of messages in the queues, and of the oldest message's age."""
    depth, age = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
    return cloudwatch.GraphWidget(
        title=f"{title}: waiting",
        width=WIDTH,
        height=HEIGHT,
        left=[
            _search(queues.queue, depth, "waiting"),
            _search(queues.queue, "ApproximateNumberOfMessagesDelayed", "delayed for a retry"),
            _search(queues.dead_letters, depth, "dead letters"),
        ],
        right=[_search(queues.queue, age, "oldest, seconds")],
    )


def _handled(title: str, stage: str, service: str, consumer: str) -> cloudwatch.GraphWidget:
    """Return the graph of outcomes, and of the age of processed messages."""
    dimensions = {"stage": stage, "service": service, "consumer": consumer}
    age = metrics.runtime_metric(metrics.AGE, **dimensions, statistic="p95")
    return cloudwatch.GraphWidget(
        title=f"{title}: handled",
        width=WIDTH,
        height=HEIGHT,
        left=[
            metrics.runtime_metric(name, **dimensions).with_(label=label)
            for label, name in COUNTS.items()
        ],
        right=[age.with_(label="age when processed, p95, milliseconds")],
    )


def _search(queue: sqs.Queue, metric: str, label: str) -> cloudwatch.SearchExpression:
    """Return a search for a queue's metric: a reference would tie the queue's stack to this one.

    A name by CloudFormation begins with the stack's name and the logical id. Names that
    CloudFormation shortens to 80 characters are not found.
    """
    stack, resource = Stack.of(queue), queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    prefix = f"{stack.stack_name}-{stack.resolve(stack.get_logical_id(resource))}"
    terms = f'MetricName="{metric}" QueueName={prefix}'
    expression = f"SEARCH('{{AWS/SQS,QueueName}} {terms}', 'Maximum')"
    return cloudwatch.SearchExpression(expression=expression, label=label)
