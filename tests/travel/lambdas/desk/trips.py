"""What Desk knows about a trip: notes, in the order in which they came."""

from messaging import Context, aws, table


def note(context: Context, trip: str, what: str) -> list[str]:
    """Add a note, with the conversation that it comes from and the request that it answers; return
    all there are.
    """
    entry = table.row(
        what=what, correlation=context.correlation_id, answers=context.in_reply_to or ""
    )
    updated = aws.client("dynamodb").update_item(
        TableName=table.name("trips"),
        Key=table.row(id=trip),
        UpdateExpression="SET notes = list_append(if_not_exists(notes, :none), :entry)",
        ExpressionAttributeValues={":none": {"L": []}, ":entry": {"L": [{"M": entry}]}},
        ReturnValues="ALL_NEW",
    )
    return [each["M"]["what"]["S"] for each in updated["Attributes"]["notes"]["L"]]
