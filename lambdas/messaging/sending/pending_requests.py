"""Requests with a time limit, as DynamoDB remembers them.

An item a request, in the service's own table. It is written before the request leaves; each answer
and the time-out change it under a condition before their handler runs, so that DynamoDB decides
which of them came in time, and decides the same again when a message is tried again.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from messaging.aws import clients as aws
from messaging.errors import PublishFailed
from messaging.sending.outgoing import OutgoingMessage
from messaging.settings import settings

Item = dict[str, Any]

# Seconds that a request is remembered after its time limit: a message may wait 4 days in a queue
# and 14 among the dead letters.
_REMEMBERED: Final = 20 * 86_400

_OVER: Final = "timed out"
_OPEN: Final = "(#status = :open AND (attribute_not_exists(#from) OR size(#from) < #expected))"
# Or it was let in before, and is tried again.
_ANSWERS: Final = f"{_OPEN} OR contains(#messages, :id)"
_TIMES_OUT: Final = f"{_OPEN} OR #status = :timed_out"
_NAMES: Final = {"#status": "status", "#from": "from", "#expected": "expected"}


class ReplyCount(Struct, frozen=True):
    """How many answers a request with a time limit waits for, and how many of those asked have
    given one so far. `in_time` is whether this one counts.
    """

    expected: int
    received: int
    in_time: bool = True

    @property
    def complete(self) -> bool:
        """Whether all have answered."""
        return self.received >= self.expected


def expect(message: OutgoingMessage) -> None:
    """Remember that answers to a message are waited for; again changes nothing.

    Raises PublishFailed when its time limit is over already.
    """
    pending = message.reply_deadline
    assert pending is not None
    client = aws.client("dynamodb")
    item = {
        "id": {"S": message.id},
        "status": {"S": "open"},
        "expected": {"N": str(pending.expected_replies)},
        "expires": {"N": str(int(pending.until) + _REMEMBERED)},
    }
    try:
        client.put_item(
            TableName=settings().requests_table,
            Item=item,
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except client.exceptions.ConditionalCheckFailedException as error:
        # The handler was tried again; an answer may have come already.
        if error.response["Item"]["status"]["S"] == _OVER:
            # Whatever came as an answer would be too late.
            raise PublishFailed("its time limit was over before it could leave") from error


def answer(table: str, request_id: str, message_id: str, responder: str) -> ReplyCount | None:
    """Count an answer, unless it is late; None where the request had no time limit."""
    in_time, item = _update(
        table,
        request_id,
        update="ADD #messages :ids, #from :from",
        condition=_ANSWERS,
        names={**_NAMES, "#messages": "messages"},
        values={
            ":id": {"S": message_id},
            ":ids": {"SS": [message_id]},
            ":from": {"SS": [responder]},
        },
    )
    if item is None:
        return None
    received = len(item.get("from", {}).get("SS", ()))
    return ReplyCount(int(item["expected"]["N"]), received, in_time)


def time_out(table: str, request_id: str) -> bool:
    """Close a request for good; False where it was answered in full before."""
    in_time, _ = _update(
        table,
        request_id,
        update="SET #status = :timed_out",
        condition=_TIMES_OUT,
        names=_NAMES,
        values={":timed_out": {"S": _OVER}},
    )
    return in_time


def _update(
    table: str,
    id_: str,
    *,
    update: str,
    condition: str,
    names: Mapping[str, str],
    values: Mapping[str, Any],
) -> tuple[bool, Item | None]:
    """Change an item if the condition holds; return whether it did, and the item if there is
    one.
    """
    client = aws.client("dynamodb")
    try:
        found = client.update_item(
            TableName=table,
            Key={"id": {"S": id_}},
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":open": {"S": "open"}, **values},
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except client.exceptions.ConditionalCheckFailedException as error:
        return False, error.response.get("Item")
    return True, found["Attributes"]
