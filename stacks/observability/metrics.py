"""What the runtime measures, as the stacks look at it."""

from aws_cdk import Duration, aws_cloudwatch as cloudwatch

from messaging.consumer.reporting.metrics import NAMESPACE

# Names as in `messaging.metrics`; a test compares them with what the runtime sends.
PROCESSED, REQUEUED, DEAD_LETTERED = "Processed", "Requeued", "DeadLettered"
DUPLICATES, HOP_LIMIT_REACHED, AGE = "Duplicates", "HopLimitReached", "Age"


def runtime_metric(
    name: str, *, stage: str, service: str, consumer: str, statistic: str = "Sum"
) -> cloudwatch.Metric:
    """Return a metric that the runtime of a consumer sends, over five minutes."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"stage": stage, "service": service, "consumer": consumer},
        statistic=statistic,
        period=Duration.minutes(5),
    )
