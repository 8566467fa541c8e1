"""What happens in a system, on one page."""

from collections.abc import Mapping

from aws_cdk import Stack, aws_cloudwatch as cloudwatch, aws_sqs as sqs
from constructs import Construct

from stacks.deployment import Deployment
from stacks.observability import metrics
from stacks.queues.queue_pair import QueuePair
from topology import names

WIDTH, HEIGHT = 12, 6
HANDLED = {
    "processed": metrics.PROCESSED,
    "requeued": metrics.REQUEUED,
    "dead letters": metrics.DEAD_LETTERED,
    "duplicates": metrics.DUPLICATES,
}


class DashboardStack(Stack):
    """A row a consumer: what waits, and what becomes of it. No stack refers to this one."""

    def __init__(
        self,
        scope: Construct,
        *,
        system: str,
        deployment: Deployment,
        consumers: Mapping[tuple[str, str], QueuePair],
    ) -> None:
        """Make the dashboard; `consumers` by the names of service and consumer."""
        super().__init__(scope, names.dashboard_stack(deployment.stage, system))
        dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=names.dashboard(deployment.stage, system)
        )
        for (service, consumer), queues in consumers.items():
            title = f"{service}.{consumer}"
            dashboard.add_widgets(
                _waiting(title, queues), _handled(title, deployment.stage, service, consumer)
            )


def _waiting(title: str, queues: QueuePair) -> cloudwatch.GraphWidget:
    """Show how much waits, and for how long."""
    depth, age = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
    return cloudwatch.GraphWidget(
        title=f"{title}: waiting",
        width=WIDTH,
        height=HEIGHT,
        left=[
            _search(queues.queue, depth, "waiting"),
            _search(queues.queue, "ApproximateNumberOfMessagesDelayed", "to be tried again"),
            _search(queues.dead_letters, depth, "dead letters"),
        ],
        right=[_search(queues.queue, age, "oldest, seconds")],
    )


def _handled(title: str, stage: str, service: str, consumer: str) -> cloudwatch.GraphWidget:
    """Show what became of messages, and how old they were when it did."""
    of = {"stage": stage, "service": service, "consumer": consumer}
    age = metrics.runtime_metric(metrics.AGE, **of, statistic="p95")
    return cloudwatch.GraphWidget(
        title=f"{title}: handled",
        width=WIDTH,
        height=HEIGHT,
        left=[
            metrics.runtime_metric(name, **of).with_(label=label) for label, name in HANDLED.items()
        ],
        right=[age.with_(label="age when processed, p95, milliseconds")],
    )


def _search(queue: sqs.Queue, metric: str, label: str) -> cloudwatch.SearchExpression:
    """Find a queue's metric without a reference to its stack, which could then not be removed.

    The name that CloudFormation gives begins with the stack's and the logical id; where it must
    shorten them to stay within 80 characters, nothing is found.
    """
    stack, resource = Stack.of(queue), queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    prefix = f"{stack.stack_name}-{stack.resolve(stack.get_logical_id(resource))}"
    terms = f'MetricName="{metric}" QueueName={prefix}'
    expression = f"SEARCH('{{AWS/SQS,QueueName}} {terms}', 'Maximum')"
    return cloudwatch.SearchExpression(expression=expression, label=label)
