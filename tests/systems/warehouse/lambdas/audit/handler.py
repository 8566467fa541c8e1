"""What Audit listens to, and where it goes."""

from contracts.warehouse import Moved
from messaging import Consumer, Context, client, table

moves = Consumer()


@moves.on(Moved)
def count(moved: Moved, context: Context) -> None:
    """Count the item's moves."""
    client("dynamodb").update_item(
        TableName=table.name("counts"),
        Key={"id": {"S": moved.item}},
        UpdateExpression="ADD moves :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
