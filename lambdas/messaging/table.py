"""Items of the service's own DynamoDB tables, whose key is the text attribute `id`.

`table` is always the short name that the topology declares, e.g. "rides". Every function raises
NotDeclared for a table that the topology does not let this function use, and botocore's ClientError
for a request that DynamoDB refuses.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from messaging.aws import clients as aws
from messaging.settings import resource

# Attribute name -> {"S": "text"} or {"N": "1.5"}, the form of DynamoDB's API.
Item = dict[str, dict[str, str]]

# The smallest positive number of DynamoDB (developer guide, naming rules and data types).
_SMALLEST: Final = 1e-130
# Bytes of a partition key (the same guide, limits); the minimum is 1.
_LONGEST_KEY: Final = 2_048


def name(table: str) -> str:
    """Return the deployed name of a table, e.g. of "rides"."""
    return resource(table)


def item(**values: str | float) -> Item:
    """Return an item of texts and numbers; numbers closer to zero than 1e-130 become 0."""
    return {
        key: {"S": value} if isinstance(value, str) else {"N": _number(value)}
        for key, value in values.items()
    }


def _number(value: float) -> str:
    return "0" if abs(value) < _SMALLEST else repr(value)


def put_once(table: str, new: Item) -> bool:
    """Write an item unless its id exists; return False if another item has this id.

    Writing an equal item again returns True and changes nothing.
    """
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
    """Set the attributes in `new` on an item whose `status` is one of `after`, else return False.

    To make the transition repeatable, include the new status in `after`. Other attributes of the
    item are not changed.
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
    """Return the values of an item by attribute name, numbers as float; None if it does not exist.

    The read is consistent. An id that DynamoDB cannot hold (empty, or over 2,048 bytes) does not
    exist.
    """
    # DynamoDB refuses such a request; the id may come from a client.
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
