"""Messages leave: each to its address, in as few calls as their number and size allow."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from messaging.aws import batch_calls as batching, clients as aws
from messaging.aws.parallel import in_parallel
from messaging.errors import PublishFailed
from messaging.sending import pending_requests as pending
from messaging.sending.address import Address
from messaging.sending.outgoing import OutgoingMessage
from messaging.wire.header import TAG

# Message id -> why it did not leave.
Failed = dict[str, str]


def send_now(message: OutgoingMessage) -> None:
    """Send one message; raises PublishFailed when it could not leave."""
    if failed := send([message]):
        tag = message.attributes[TAG]["StringValue"]
        raise PublishFailed(f"{tag} {message.id}: {failed[message.id]}")


def send(messages: Sequence[OutgoingMessage]) -> Failed:
    """Send messages; return why, by id, for each that did not leave."""
    failed = _each([each for each in messages if each.claim], _check_in)
    failed |= _expect([each for each in _left(messages, failed) if each.reply_deadline])
    return failed | _to_addresses(_left(messages, failed))


def _expect(messages: Sequence[OutgoingMessage]) -> Failed:
    """Make known that answers are waited for, first of all: they may come before this ends."""
    failed = _each(messages, pending.expect)
    waited = [
        (each, each.reply_deadline.timed_out)
        for each in _left(messages, failed)
        if each.reply_deadline
    ]
    unsent = _to_addresses([notice for _, notice in waited])
    return failed | {each.id: unsent[notice.id] for each, notice in waited if notice.id in unsent}


def _left(messages: Sequence[OutgoingMessage], failed: Failed) -> list[OutgoingMessage]:
    return [message for message in messages if message.id not in failed]


def _to_addresses(messages: Sequence[OutgoingMessage]) -> Failed:
    by_address: dict[Address, list[OutgoingMessage]] = {}
    for message in messages:
        by_address.setdefault(message.address, []).append(message)
    failed: Failed = {}

    def leave(pair: tuple[Address, list[OutgoingMessage]]) -> None:
        address, group = pair
        failed.update(_to_function(group) if address.kind == "function" else _in_batches(*pair))

    in_parallel(leave, list(by_address.items()))
    return failed


def _in_batches(address: Address, messages: Sequence[OutgoingMessage]) -> Failed:
    def call(entries: list[dict[str, Any]]) -> Mapping[str, Any]:
        answer: Mapping[str, Any]
        if address.kind == "topic":
            answer = aws.client("sns").publish_batch(
                TopicArn=address.where, PublishBatchRequestEntries=entries
            )
        else:
            answer = aws.client("sqs").send_message_batch(QueueUrl=address.where, Entries=entries)
        return answer

    failed: Failed = {}
    for chunk in batching.chunks(messages, lambda message: message.bytes, address.limit):
        if failed and address.fifo:
            # Those behind one that could not leave would overtake it.
            failed |= dict.fromkeys((each.id for each in chunk), "one before it could not leave")
            continue
        unsent = batching.send([message.entry() for message in chunk], call)
        failed |= {chunk[position].id: why for position, why in unsent.items()}
    return failed


def _to_function(messages: Sequence[OutgoingMessage]) -> Failed:
    # Here, since most functions invoke no other.
    from messaging.sending import invocations as calls

    return _each(messages, calls.invoke_without_waiting)


def _check_in(message: OutgoingMessage) -> None:
    """Store a body that is too large to travel."""
    assert message.claim is not None
    message.claim.check_in()


def _each(messages: Sequence[OutgoingMessage], do: Callable[[OutgoingMessage], object]) -> Failed:
    failed: Failed = {}

    def attempt(message: OutgoingMessage) -> None:
        try:
            do(message)
        except Exception as error:  # noqa: BLE001 - whatever it was, the message cannot leave
            failed[message.id] = f"{type(error).__name__}: {error}"

    in_parallel(attempt, messages)
    return failed
