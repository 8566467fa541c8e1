"""The points of customers: a row a customer, and one a ride that has been counted."""

from typing import Any

from contracts.unicorn_management import RideCompleted
from messaging import client, table


def earned(fare: float) -> int:
    """Return one point for every full 10 of the fare."""
    return int(fare // 10)


def add(ride: RideCompleted) -> None:
    """Add the points of a ride, once per ride."""
    dynamodb = client("dynamodb")
    try:
        dynamodb.transact_write_items(TransactItems=[_count(ride), _add(ride)])
    except dynamodb.exceptions.TransactionCanceledException as error:
        # The ride's row comes first in the transaction. Any other reason is a failure to retry.
        if error.response["CancellationReasons"][0].get("Code") != "ConditionalCheckFailed":
            raise


def _count(ride: RideCompleted) -> dict[str, Any]:
    row = table.item(id=f"ride#{ride.id}", points=earned(ride.fare))
    condition = "attribute_not_exists(id)"
    return {
        "Put": {"TableName": table.name("points"), "Item": row, "ConditionExpression": condition}
    }


def _add(ride: RideCompleted) -> dict[str, Any]:
    update = {
        "TableName": table.name("points"),
        "Key": table.item(id=f"customer#{ride.customer}"),
        "UpdateExpression": "ADD #points :points",
        "ExpressionAttributeNames": {"#points": "points"},
        "ExpressionAttributeValues": {":points": {"N": str(earned(ride.fare))}},
    }
    return {"Update": update}
