"""Rows in the service's own DynamoDB tables, as the plain attribute values of its API."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from messaging.aws import clients as aws
from messaging.settings import settings

Item = dict[str, dict[str, str]]

# DynamoDB refuses numbers closer to zero (developer guide, naming rules and data types).
_SMALLEST: Final = 1e-130
# Bytes of a partition key (the same, limits), which has at least one.
_LONGEST_KEY: Final = 2_048


def name(table: str) -> str:
    """Return the deployed name of a table, e.g. of "rides"."""
    return settings().resources[table]


def item(**values: str | float) -> Item:
    """Return a row of texts and numbers."""
    return {
        key: {"S": value} if isinstance(value, str) else {"N": _number(value)}
        for key, value in values.items()
    }


def _number(value: float) -> str:
    return "0" if abs(value) < _SMALLEST else repr(value)


def put_once(table: str, new: Item) -> bool:
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


def transition(table: str, id_: str, new: Item, *, after: Sequence[str]) -> bool:
    """Change a row whose `status` is one of `after`; False, and nothing is changed, for any other.

    With the new status in `after` too, it can be done again. What is not in `new` stays as it is.
    """
    states = {f":after{position}": {"S": status} for position, status in enumerate(after)}
    client = aws.client("dynamodb")
    try:
        client.update_item(
            TableName=name(table),
            Key=item(id=id_),
            UpdateExpression="SET " + ", ".join(f"#{key} = :{key}" for key in new),
            ConditionExpression=f"#status IN ({', '.join(states)})",
            ExpressionAttributeNames={"#status": "status"} | {f"#{key}": key for key in new},
            ExpressionAttributeValues=states | {f":{key}": value for key, value in new.items()},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def get(table: str, id_: str) -> dict[str, Any] | None:
    """Return the values of a row as it is now, numbers as float; None where there is none."""
    # DynamoDB refuses to look for what it cannot hold; the id may be one that a client made up.
    if not 0 < len(id_.encode()) <= _LONGEST_KEY:
        return None
    found = aws.client("dynamodb").get_item(
        TableName=name(table), Key=item(id=id_), ConsistentRead=True
    )
    return _values(found["Item"]) if "Item" in found else None


def _values(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {key: _value(*next(iter(value.items()))) for key, value in attributes.items()}


def _value(kind: str, value: Any) -> Any:
    match kind:
        case "N":
            return float(value)
        case "NS":
            return [float(each) for each in value]
        case "L":
            return [_value(*next(iter(each.items()))) for each in value]
        case "M":
            return _values(value)
        case "NULL":
            return None
    return value
