"""What Ledger listens to, and where it goes."""

from contracts.warehouse import Moved
from messaging import Consumer, Context, Retry, client, table

moves = Consumer()


@moves.on(Moved)
def write_down(moved: Moved, context: Context) -> None:
    """Append the place, and the length of the note, to the item's row."""
    if context.attempt <= moved.failures:
        raise Retry("simulated failure", delay=1)
    place = {"L": [{"S": f"{moved.to} {len(moved.note)}"}]}
    client("dynamodb").update_item(
        TableName=table.name("items"),
        Key={"id": {"S": moved.item}},
        UpdateExpression="SET places = list_append(if_not_exists(places, :none), :place)",
        ExpressionAttributeValues={":none": {"L": []}, ":place": place},
    )
