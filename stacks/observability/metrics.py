"""The metrics of the runtime, for alarms and dashboards."""

from aws_cdk import Duration, aws_cloudwatch as cloudwatch

from messaging.emf import NAMESPACE

# Names as in messaging/consumer/reporting/metrics.py: a test compares them with the runtime's.
PROCESSED, REQUEUED, DEAD_LETTERED = "Processed", "Requeued", "DeadLettered"
DUPLICATES, HOP_LIMIT_REACHED, AGE = "Duplicates", "HopLimitReached", "Age"


def runtime_metric(
    name: str, *, stage: str, service: str, consumer: str, statistic: str = "Sum"
) -> cloudwatch.Metric:
    """Return a metric of a consumer, in periods of five minutes."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"stage": stage, "service": service, "consumer": consumer},
        statistic=statistic,
        period=Duration.minutes(5),
    )
