"""The effects of a processed ride in the tables and the bucket of the services."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from demos.wild_rydes.submissions import Submission
from ops.local.aws import Aws

Services = Mapping[str, Any]


def missing(aws: Aws, services: Services, service: str, submission: Submission) -> str | None:
    """Return which effect of the processed ride is missing or wrong at a service, None if none."""
    return _CHECKS[service](aws, services[service], submission)


def _item(table: str) -> Callable[[Aws, Any, Submission], str | None]:
    def check(aws: Aws, service: Any, submission: Submission) -> str | None:
        item = _get(aws, service["tables"][table], submission.ride_id or "")
        return None if item else f"no item in {table}"

    return check


def _points(aws: Aws, service: Any, submission: Submission) -> str | None:
    if not _get(aws, service["tables"]["points"], f"ride#{submission.ride_id}"):
        return "the ride was not counted"
    if not submission.ride.twice:
        return None
    item = _get(aws, service["tables"]["points"], f"customer#{submission.ride.customer}") or {}
    points, due = int(item["points"]["N"]), math.floor(submission.ride.fare / 10)
    return None if points == due else f"{points} points instead of {due}"


def _object(aws: Aws, service: Any, submission: Submission) -> str | None:
    try:
        bucket = service["resources"]["LakeBucket"]
        aws.s3.head_object(Bucket=bucket, Key=f"rides/{submission.ride_id}.json")
    except ClientError:
        return "no object in the lake"
    return None


def _get(aws: Aws, table: str, key: str) -> dict[str, Any] | None:
    return aws.dynamodb.get_item(TableName=table, Key={"id": {"S": key}}).get("Item")


_CHECKS: Mapping[str, Callable[[Aws, Any, Submission], str | None]] = {
    "CustomerNotification": _item("notifications"),
    "CustomerAccounting": _item("bookings"),
    "CustomerLoyalty": _points,
    "DataLakeIngestion": _object,
    "ExtraordinaryRides": _item("rides"),
}
