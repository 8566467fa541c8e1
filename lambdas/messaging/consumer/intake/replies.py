"""Answers and time-outs in a batch: which of them come in time.

Whichever comes first, the last answer or the time-out, ends a request; the other one is not handled
any more. Copies of one message are the business of the consumer's idempotency.
"""

from collections.abc import Sequence

from contracts.timeout import RequestTimedOut
from messaging.aws.parallel import in_parallel
from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.failure import outcome_of
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Skipped
from messaging.conversation.state import is_reply_to
from messaging.sending import pending_requests as pending
from messaging.wire.envelope import Envelope


def decide(works: Sequence[Delivery], invocation: Invocation) -> None:
    """Skip time-outs of what was answered, and answers that nobody waits for any more unless the
    consumer handles late ones.
    """
    table = invocation.config.requests_table
    if not table:
        return
    ready = [work for work in works if work.outcome is None]
    in_parallel(
        lambda work: _decide(work, table, invocation),
        [work for work in ready if _is_time_out(work) or _is_answer(work, invocation)],
    )


def _is_time_out(work: Delivery) -> bool:
    return isinstance(work.message, RequestTimedOut)


def _is_answer(work: Delivery, invocation: Invocation) -> bool:
    """Whether it came as a reply, not to somebody who listens to such events from all."""
    envelope = work.envelope
    if envelope is None or envelope.tag not in invocation.consumer.replies:
        return False
    return bool(envelope.header.replyto) and is_reply_to(envelope.header, invocation.config.service)


def _decide(work: Delivery, table: str, invocation: Invocation) -> None:
    envelope = work.envelope
    assert envelope is not None
    try:
        if isinstance(work.message, RequestTimedOut):
            if not pending.time_out(table, work.message.request_id):
                work.outcome = Skipped("the request was answered in time", counts_as="Processed")
        else:
            _answer(work, envelope, table)
    except Exception as error:  # noqa: BLE001 - DynamoDB did not answer: later it may
        work.outcome = outcome_of(envelope, invocation, error)


def _answer(work: Delivery, envelope: Envelope, table: str) -> None:
    header, route = envelope.header, work.route
    assert route is not None
    who = header.responder or envelope.sender or "unknown"
    work.replies = pending.count_reply(table, header.replyto or "", header.id, who)
    if work.replies and not work.replies.in_time and route.late is None:
        work.outcome = Skipped("a late answer: the request is over", counts_as="Late")
