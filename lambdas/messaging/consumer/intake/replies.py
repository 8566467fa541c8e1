"""Replies and time-outs of requests with a time limit: which of them come in time.

Either the last reply or a time-out ends a request, whichever comes first; the other is not
handled. Copies of one message are left to the consumer's idempotency.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from contracts.timeout import RequestTimedOut
from messaging.aws.parallel import in_parallel
from messaging.consumer.model.delivery import Claimed, Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Skipped
from messaging.consumer.model.retry_decision import outcome_of
from messaging.conversation.return_addresses import is_reply_to
from messaging.sending import pending_requests

_LATE = Skipped("a late reply: the request is over", counts_as="Late")


def count(batch: Sequence[Claimed | Handled], invocation: Invocation) -> list[Claimed | Handled]:
    """Return the batch with replies counted. Skipped are time-outs that do not end their request,
    and late replies unless the consumer has a handler for them.
    """
    table = invocation.config.requests_table
    found = list(batch)

    counted = [
        (position, each)
        for position, each in enumerate(batch)
        if isinstance(each, Claimed) and _counts(each, invocation)
    ]

    def one(pair: tuple[int, Claimed]) -> None:
        position, delivery = pair
        found[position] = _decide(delivery, table, invocation)

    in_parallel(one, counted)
    return found


def _counts(delivery: Claimed, invocation: Invocation) -> bool:
    """Whether the message may end a request."""
    return isinstance(delivery.message, RequestTimedOut) or _is_reply(delivery, invocation)


def _is_reply(delivery: Claimed, invocation: Invocation) -> bool:
    """Whether the event came as a reply, and not to a subscriber of such events from all."""
    envelope = delivery.envelope
    if envelope.tag not in invocation.consumer.replies:
        return False
    return bool(envelope.header.replyto) and is_reply_to(envelope.header, invocation.config.service)


def _decide(delivery: Claimed, table: str, invocation: Invocation) -> Claimed | Handled:
    try:
        if isinstance(delivery.message, RequestTimedOut):
            request_id, notice_id = delivery.message.request_id, delivery.envelope.header.id
            why_not = pending_requests.time_out(table, request_id, notice_id)
            skipped = why_not and Skipped(why_not, counts_as="Processed")
            return delivery.decided(skipped) if skipped else delivery
        return _count(delivery, table)
    except Exception as error:  # noqa: BLE001 - DynamoDB failed; a later attempt may succeed
        return delivery.decided(outcome_of(delivery.envelope, invocation, error))


def _count(delivery: Claimed, table: str) -> Claimed | Handled:
    envelope, header = delivery.envelope, delivery.envelope.header
    responder = header.responder or envelope.sender or "unknown"
    replies = pending_requests.count_reply(table, header.replyto or "", header.id, responder)
    if replies and not replies.in_time and delivery.registration.late is None:
        return delivery.decided(_LATE)
    return replace(delivery, replies=replies)
