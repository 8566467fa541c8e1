"""The time limit of a request."""

import time

import msgspec

from contracts.timeout import RequestTimedOut
from messaging.conversation.return_addresses import ConversationState
from messaging.sending import address
from messaging.sending.compose import compose
from messaging.sending.outgoing import OutgoingMessage, ReplyDeadline, new_id
from messaging.settings import Settings


def reply_deadline(
    request: OutgoingMessage,
    state: ConversationState,
    config: Settings,
    expected_replies: int,
    timeout: float,
) -> ReplyDeadline:
    """Return the deadline of a request, `timeout` seconds from now, with its RequestTimedOut.

    Raises NotDeclared unless the function may enqueue RequestTimedOut, and ValueError for a timeout
    outside 0 to 30 days.
    """
    where = address.own_queue(RequestTimedOut, config)
    timed_out = RequestTimedOut(
        request_id=request.id,
        request_tag=request.tag,
        timeout=timeout,
        request=msgspec.Raw(request.document.encode()),
    )
    # The state without the request itself: the handler of the time-out replies to the services that
    # wait for this one.
    # A new id for each try, so that the time-out of a request that did not leave can be withdrawn.
    header = state.header(new_id())
    notice = compose(timed_out, header, config, where, delay=timeout)
    return ReplyDeadline(expected_replies, time.time() + timeout, notice)
