"""Sending messages: what is stored first, then the messages, then what did not leave is reported.

A message leaves last. A body that was stored in S3 for a message that did not leave is read by
nobody, and expires.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from messaging import log
from messaging.aws.not_sent import NotSent
from messaging.errors import PublishFailed
from messaging.sending import pending_requests as pending
from messaging.sending.outgoing import Key, OutgoingMessage
from messaging.sending.transport import Unsent, each, to_addresses


def send_now(message: OutgoingMessage) -> None:
    """Send one message; raises PublishFailed if it could not be sent."""
    if unsent := send([message]):
        what = f"{message.tag} {message.id}"
        raise publish_failed(what, message, unsent[message.key])


def publish_failed(what: str, message: OutgoingMessage, reason: NotSent) -> PublishFailed:
    """Return the error for a message that was not sent; its text is `what` and the reason."""
    return PublishFailed(
        f"{what}: {reason}",
        code=reason.code,
        text=reason.text,
        may_have_left=reason.may_have_left,
        message_id=message.id,
    )


def send(messages: Sequence[OutgoingMessage]) -> Unsent:
    """Send messages; return by key why a message was not sent, and log and count these.

    A request that has ended by its time-out, when its handler ran before, is not sent again.
    """
    unsent = _send(messages)
    if unsent:
        # Imported here: only failures need it.
        from messaging.sending import send_failures

        send_failures.report_messages(messages, unsent)
    return unsent


def _send(messages: Sequence[OutgoingMessage]) -> Unsent:
    unprepared = each([message for message in messages if message.claim], _check_in)
    requests = [m for m in messages if m.reply_deadline and m.key not in unprepared]
    if not requests:
        return _none_left(unprepared) | to_addresses(messages, unprepared)
    open_, unopened = _open(requests)
    unsent = _none_left(unprepared | unopened | _announce(open_))
    ended = {m.key for m in requests} - {m.key for m in open_} - unsent.keys()
    unsent |= to_addresses([m for m in messages if m.key not in ended], unsent.copy())
    _withdraw([m for m in open_ if m.key in unsent and not unsent[m.key].may_have_left])
    return unsent


def _none_left(unprepared: Unsent) -> Unsent:
    """Return the reasons of messages that were not sent because something before failed."""
    return {key: replace(reason, may_have_left=False) for key, reason in unprepared.items()}


def _check_in(message: OutgoingMessage) -> None:
    """Store a body that is too large for the message."""
    assert message.claim is not None
    message.claim.check_in()


def _open(requests: Sequence[OutgoingMessage]) -> tuple[list[OutgoingMessage], Unsent]:
    """Write the items of requests, before the requests: a reply may be received before the
    request's call returns. Return the requests that are open, and why items could not be written.
    """
    open_ = set[Key]()

    def expect(message: OutgoingMessage) -> None:
        if pending.expect(message):
            open_.add(message.key)
        else:
            log.info("request not sent again", messageId=message.id, why="it has timed out")

    unopened = each(requests, expect)
    return [message for message in requests if message.key in open_], unopened


def _announce(requests: Sequence[OutgoingMessage]) -> Unsent:
    """Send the time-outs of requests; return why some could not be sent, by key of the request."""
    notices = {m.reply_deadline.timed_out.key: m for m in requests if m.reply_deadline}
    unsent = to_addresses([m.reply_deadline.timed_out for m in requests if m.reply_deadline])
    return {notices[key].key: reason for key, reason in unsent.items()}


def _withdraw(requests: Sequence[OutgoingMessage]) -> None:
    """Let the time-outs of requests that did not leave be skipped."""
    if failed := each(requests, pending.withdraw):
        from messaging.sending import send_failures

        send_failures.report_open(failed)
