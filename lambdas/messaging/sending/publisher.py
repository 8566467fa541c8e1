"""Sending messages: each to its address, in batches where the API has them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from messaging.aws import batch_calls as batching, clients as aws
from messaging.aws.parallel import in_parallel
from messaging.errors import PublishFailed
from messaging.sending import pending_requests as pending
from messaging.sending.address import Address
from messaging.sending.outgoing import OutgoingMessage
from messaging.wire.header import TAG

# Message id -> why the message was not sent.
Failed = dict[str, str]


def send_now(message: OutgoingMessage) -> None:
    """Send one message; raises PublishFailed if it could not be sent."""
    if failed := send([message]):
        tag = message.attributes[TAG]["StringValue"]
        raise PublishFailed(f"{tag} {message.id}: {failed[message.id]}")


def send(messages: Sequence[OutgoingMessage]) -> Failed:
    """Send messages; return by message id why a message could not be sent."""
    failed = _each([message for message in messages if message.claim], _check_in)
    failed |= _expect_replies(
        [message for message in _unfailed(messages, failed) if message.reply_deadline]
    )
    return failed | _to_addresses(_unfailed(messages, failed))


def _expect_replies(messages: Sequence[OutgoingMessage]) -> Failed:
    """Write the items of requests and send their time-outs, before the requests: a reply may be
    received before the request's call returns.
    """
    failed = _each(messages, pending.expect)
    notices = [
        (message, message.reply_deadline.timed_out)
        for message in _unfailed(messages, failed)
        if message.reply_deadline
    ]
    unsent = _to_addresses([notice for _, notice in notices])
    return failed | {
        message.id: unsent[notice.id] for message, notice in notices if notice.id in unsent
    }


def _unfailed(messages: Sequence[OutgoingMessage], failed: Failed) -> list[OutgoingMessage]:
    return [message for message in messages if message.id not in failed]


def _to_addresses(messages: Sequence[OutgoingMessage]) -> Failed:
    by_address: dict[Address, list[OutgoingMessage]] = {}
    for message in messages:
        by_address.setdefault(message.address, []).append(message)
    failed: Failed = {}

    def send_all(pair: tuple[Address, list[OutgoingMessage]]) -> None:
        address, group = pair
        failed.update(
            _to_function(group) if address.kind == "function" else _in_batches(address, group)
        )

    in_parallel(send_all, list(by_address.items()))
    return failed


def _in_batches(address: Address, messages: Sequence[OutgoingMessage]) -> Failed:
    def call(entries: list[dict[str, Any]]) -> Mapping[str, Any]:
        response: Mapping[str, Any]
        if address.kind == "topic":
            response = aws.client("sns").publish_batch(
                TopicArn=address.where, PublishBatchRequestEntries=entries
            )
        else:
            response = aws.client("sqs").send_message_batch(QueueUrl=address.where, Entries=entries)
        return response

    failed: Failed = {}
    for chunk in batching.chunks(messages, lambda message: message.bytes, address.limit):
        if failed and address.fifo:
            # Sent now, these would overtake the message that could not be sent.
            reason = "an earlier message to the same address could not be sent"
            failed |= dict.fromkeys((message.id for message in chunk), reason)
            continue
        unsent = batching.send([message.entry() for message in chunk], call)
        failed |= {chunk[position].id: reason for position, reason in unsent.items()}
    return failed


def _to_function(messages: Sequence[OutgoingMessage]) -> Failed:
    # Imported here: most functions invoke no other function.
    from messaging.sending import invocations

    return _each(messages, invocations.invoke_without_waiting)


def _check_in(message: OutgoingMessage) -> None:
    """Store a body that is too large for the message."""
    assert message.claim is not None
    message.claim.check_in()


def _each(messages: Sequence[OutgoingMessage], do: Callable[[OutgoingMessage], object]) -> Failed:
    failed: Failed = {}

    def attempt(message: OutgoingMessage) -> None:
        try:
            do(message)
        except Exception as error:  # noqa: BLE001 - whatever failed, the message was not sent
            failed[message.id] = f"{type(error).__name__}: {error}"

    in_parallel(attempt, messages)
    return failed
