"""Requests with a time limit: one item for each request, in the service's own DynamoDB table.

The item is written before the request is sent. Each reply and the time-out update it under a
condition before their handler runs, so DynamoDB decides which of them are in time, and decides the
same when a message is handled again.
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
# and 14 days in a dead-letter queue.
_REMEMBERED: Final = 20 * 86_400

_TIMED_OUT: Final = "timed out"
_OPEN: Final = "(#status = :open AND (attribute_not_exists(#from) OR size(#from) < #expected))"
# A message that was counted before is counted again when it is handled again.
_REPLY_COUNTS: Final = f"{_OPEN} OR contains(#messages, :id)"
_TIMES_OUT: Final = f"{_OPEN} OR #status = :timed_out"
_NAMES: Final = {"#status": "status", "#from": "from", "#expected": "expected"}


class ReplyCount(Struct, frozen=True):
    """The replies to a request with a time limit.

    `expected` is the number of replies it waits for, `received` the number of responders that have
    replied in time so far. `in_time` is False for a reply after the time limit.
    """

    expected: int
    received: int
    in_time: bool = True

    @property
    def complete(self) -> bool:
        """Whether all expected replies have been received."""
        return self.received >= self.expected


def expect(message: OutgoingMessage) -> None:
    """Write the item of a request; to repeat it changes nothing.

    Raises PublishFailed if the request has timed out already.
    """
    deadline = message.reply_deadline
    assert deadline is not None
    client = aws.client("dynamodb")
    item = {
        "id": {"S": message.id},
        "status": {"S": "open"},
        "expected": {"N": str(deadline.expected_replies)},
        "expires": {"N": str(int(deadline.until) + _REMEMBERED)},
    }
    try:
        client.put_item(
            TableName=settings().requests_table,
            Item=item,
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except client.exceptions.ConditionalCheckFailedException as error:
        # The handler runs again; replies may have been received already.
        if error.response["Item"]["status"]["S"] == _TIMED_OUT:
            raise PublishFailed("its time limit was over before it could be sent") from error


def count_reply(table: str, request_id: str, message_id: str, responder: str) -> ReplyCount | None:
    """Count a reply unless it is late; return None if the request had no time limit."""
    in_time, item = _update(
        table,
        request_id,
        update="ADD #messages :ids, #from :from",
        condition=_REPLY_COUNTS,
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
    """End a request; return False if all its replies were received before."""
    in_time, _ = _update(
        table,
        request_id,
        update="SET #status = :timed_out",
        condition=_TIMES_OUT,
        names=_NAMES,
        values={":timed_out": {"S": _TIMED_OUT}},
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
    """Update an item if the condition holds; return whether it held, and the item if it exists."""
    client = aws.client("dynamodb")
    try:
        response = client.update_item(
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
    return True, response["Attributes"]
