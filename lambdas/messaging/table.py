"""Rows in the service's own DynamoDB tables, as the plain attribute values of its API."""

from typing import Final

from messaging import aws
from messaging.settings import settings

Row = dict[str, dict[str, str]]

# DynamoDB refuses numbers closer to zero (developer guide, naming rules and data types).
_SMALLEST: Final = 1e-130


def name(table: str) -> str:
    """Return the deployed name of a table, e.g. of "rides"."""
    return settings().resources[table]


def row(**values: str | float) -> Row:
    """Return a row of texts and numbers."""
    return {
        key: {"S": value} if isinstance(value, str) else {"N": _number(value)}
        for key, value in values.items()
    }


def _number(value: float) -> str:
    return "0" if abs(value) < _SMALLEST else repr(value)


def put_once(table: str, new: Row) -> bool:
    """Write a row, the same as often as you like; False where another one has its id."""
    same = " AND ".join(f"#{key} = :{key}" for key in new)
    client = aws.client("dynamodb")
    try:
        client.put_item(
            TableName=name(table),
            Item=new,
            ConditionExpression=f"attribute_not_exists(id) OR ({same})",
            ExpressionAttributeNames={f"#{key}": key for key in new},
            ExpressionAttributeValues={f":{key}": value for key, value in new.items()},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True
