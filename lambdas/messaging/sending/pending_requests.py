"""Requests with a time limit: one item for each request, in the service's own DynamoDB table.

The item is written before the request is sent. Each reply and the time-out update it under a
condition before their handler runs, so DynamoDB decides which of them are in time, and decides the
same when a message is handled again.

    status     "open" or "timed out"
    request    what the request is and where it went: replies name its id only, so that another
               request must not have that id
    expected   the number of replies
    from       the responders that have replied in time, `messages` the ids of their replies
    withdrawn  the ids of time-outs whose request did not leave
    notice     the id of the time-out that has ended the request
    expires    the end of the item, in epoch seconds

A handler that runs again sends the same request with another time-out. The first time-out that was
not withdrawn ends the request, since the request may have left with it.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from messaging.aws import clients as aws
from messaging.errors import InvalidMessage
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
# A time-out whose handler failed comes again.
_TIMED_OUT_BEFORE: Final = (
    "(#status = :timed_out AND (attribute_not_exists(#notice) OR #notice = :notice))"
)
_TIMES_OUT: Final = f"({_OPEN} OR {_TIMED_OUT_BEFORE}) AND NOT contains(#withdrawn, :notice)"
_EXPECTS: Final = (
    "SET #status = :open, #request = :request, #expected = :expected, #expires = :expires"
)
# Items of version 0.2.0 do not name their request.
_MAY_BE_EXPECTED: Final = (
    "(attribute_not_exists(#status) OR #status = :open) AND "
    "(attribute_not_exists(#request) OR #request = :request)"
)
_NAMES_OF_REQUEST: Final = {
    "#status": "status",
    "#request": "request",
    "#expected": "expected",
    "#expires": "expires",
}
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


def expect(message: OutgoingMessage) -> bool:
    """Write the item of a request, or keep it for longer; return False if the request has timed
    out.

    Replies may have been counted already: the handler of the request runs again. Raises
    InvalidMessage if another request has the id: one would get the other's replies.
    """
    deadline, request = message.reply_deadline, f"{message.tag} to {message.address.where}"
    assert deadline is not None
    is_open, item = _update(
        settings().requests_table,
        message.id,
        update=_EXPECTS,
        condition=_MAY_BE_EXPECTED,
        names=_NAMES_OF_REQUEST,
        values={
            ":request": {"S": request},
            ":expected": {"N": str(deadline.expected_replies)},
            ":expires": {"N": str(int(deadline.until) + _REMEMBERED)},
        },
    )
    if not is_open and item and item.get("request", {}).get("S", request) != request:
        raise InvalidMessage(f"another request has the id {message.id}: {item['request']['S']}")
    return is_open


def withdraw(message: OutgoingMessage) -> None:
    """Let the time-out of a request be skipped, since the request did not leave. It changes nothing
    if the time-out was received before. The request may be sent again, with another time-out.
    """
    assert message.reply_deadline is not None
    _update(
        settings().requests_table,
        message.id,
        update="ADD #withdrawn :notices",
        condition="#status = :open",
        names={"#status": "status", "#withdrawn": "withdrawn"},
        values={":notices": {"SS": [message.reply_deadline.timed_out.id]}},
    )


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


def time_out(table: str, request_id: str, notice_id: str) -> str | None:
    """End a request by its time-out; return None, or why the time-out is not handled."""
    ends, item = _update(
        table,
        request_id,
        update="SET #status = :timed_out, #notice = :notice",
        condition=_TIMES_OUT,
        names={**_NAMES, "#notice": "notice", "#withdrawn": "withdrawn"},
        values={":timed_out": {"S": _TIMED_OUT}, ":notice": {"S": notice_id}},
    )
    if ends:
        return None
    if item and notice_id in item.get("withdrawn", {}).get("SS", ()):
        return "the request did not leave"
    if item and item["status"]["S"] == _TIMED_OUT:
        return "the request has timed out before"
    return "all replies came in time"


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
