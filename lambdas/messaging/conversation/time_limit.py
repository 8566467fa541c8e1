"""The time limit of a request."""

import time

import msgspec

from contracts.message import Message
from contracts.timeout import RequestTimedOut
from messaging.conversation.return_addresses import ConversationState
from messaging.sending import address
from messaging.sending.compose import compose
from messaging.sending.outgoing import ReplyDeadline, derived_id
from messaging.settings import Settings
from messaging.wire import encoding as wire


def reply_deadline(
    message: Message,
    request_id: str,
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
        request_id=request_id,
        request_tag=message.msg_tag,
        timeout=timeout,
        request=msgspec.Raw(wire.to_json(message).encode()),
    )
    # The state without the request itself: the handler of the time-out replies to the services that
    # wait for this one.
    header = state.header(derived_id(request_id, "timed out"))
    notice = compose(timed_out, header, config, where, delay=timeout)
    return ReplyDeadline(expected_replies, time.time() + timeout, notice)
