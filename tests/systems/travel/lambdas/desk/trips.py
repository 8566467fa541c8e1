"""What Desk knows about a trip: notes, in the order in which they came, and who made an offer."""

from typing import Any

from messaging import Context, client, table


def note(context: Context, trip: str, what: str) -> None:
    """Add a note, with the conversation that it comes from and the request that it answers."""
    _add(context, trip, what)


def note_offer(context: Context, trip: str, offer: str) -> int:
    """Add a note of an offer; return how many have made one so far."""
    who = {"SS": [context.responder or "unknown"]}
    stored = _add(context, trip, offer, " ADD offered_by :who", {":who": who})
    return len(stored["offered_by"]["SS"])


def _add(
    context: Context, trip: str, what: str, update: str = "", values: dict[str, Any] | None = None
) -> Any:
    entry = table.item(
        what=what, correlation=context.correlation_id, answers=context.in_reply_to or ""
    )
    added = {":none": {"L": []}, ":entry": {"L": [{"M": entry}]}}
    answer = client("dynamodb").update_item(
        TableName=table.name("trips"),
        Key=table.item(id=trip),
        UpdateExpression="SET notes = list_append(if_not_exists(notes, :none), :entry)" + update,
        ExpressionAttributeValues=added | (values or {}),
        ReturnValues="ALL_NEW",
    )
    return answer["Attributes"]
