"""Messages to their addresses: in batches where the API has them, in order where the address is
FIFO.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from messaging.aws import batch_calls as batching, clients as aws
from messaging.aws.not_sent import NotSent, of_error
from messaging.aws.parallel import in_parallel
from messaging.sending.address import Address
from messaging.sending.outgoing import Key, OutgoingMessage

# By the key of the message: why it was not sent.
Unsent = dict[Key, NotSent]

_BEHIND_A_FAILURE: Final = NotSent(
    "EarlierMessageNotSent", "an earlier message of its group could not be sent"
)


def to_addresses(messages: Sequence[OutgoingMessage], unprepared: Container[Key] = ()) -> Unsent:
    """Send messages; return why some were not sent. Those that are `unprepared`, given by key,
    are not sent, and the messages behind them in a FIFO group neither.
    """
    by_address: dict[Address, list[OutgoingMessage]] = {}
    for message in messages:
        by_address.setdefault(message.address, []).append(message)
    unsent: Unsent = {}

    def send_all(pair: tuple[Address, list[OutgoingMessage]]) -> None:
        address, group = pair
        if address.fifo:
            unsent.update(_in_order(address, group, unprepared))
            return
        ready = [message for message in group if message.key not in unprepared]
        to = _to_function if address.kind == "function" else _in_batches
        unsent.update(to(address, ready))

    in_parallel(send_all, list(by_address.items()))
    return unsent


def each(messages: Sequence[OutgoingMessage], do: Callable[[OutgoingMessage], object]) -> Unsent:
    """Call `do` for each message, in parallel; return for which messages it failed, and why."""
    failed: Unsent = {}

    def attempt(message: OutgoingMessage) -> None:
        try:
            do(message)
        except Exception as error:  # noqa: BLE001 - whatever failed, the message was not sent
            failed[message.key] = of_error(error)

    in_parallel(attempt, messages)
    return failed


def _in_order(
    address: Address, messages: Sequence[OutgoingMessage], unprepared: Container[Key]
) -> Unsent:
    """Send to a FIFO topic or queue. A message group stops at its first failure.

    No call has two messages of a group: AWS may refuse an entry of a batch and accept the next one.
    """
    unsent: Unsent = {}
    stopped = set[str | None]()
    for heads in _rounds(messages):
        behind = [message for message in heads if message.group in stopped]
        ready = [
            message
            for message in heads
            if message.group not in stopped and message.key not in unprepared
        ]
        unsent |= _in_batches(address, ready)
        unsent |= {m.key: _BEHIND_A_FAILURE for m in behind if m.key not in unsent}
        stopped |= {
            message.group for message in heads if message.key in unsent or message.key in unprepared
        }
    return unsent


def _rounds(messages: Sequence[OutgoingMessage]) -> Iterator[list[OutgoingMessage]]:
    """Yield the first messages of all groups, then the second ones, and so on."""
    groups: dict[str | None, list[OutgoingMessage]] = {}
    for message in messages:
        groups.setdefault(message.group, []).append(message)
    for heads in zip_longest(*groups.values()):
        yield [message for message in heads if message is not None]


def _in_batches(address: Address, messages: Sequence[OutgoingMessage]) -> Unsent:
    def call(entries: list[dict[str, Any]]) -> Mapping[str, Any]:
        response: Mapping[str, Any]
        if address.kind == "topic":
            response = aws.client("sns").publish_batch(
                TopicArn=address.where, PublishBatchRequestEntries=entries
            )
        else:
            response = aws.client("sqs").send_message_batch(QueueUrl=address.where, Entries=entries)
        return response

    unsent: Unsent = {}
    for chunk in batching.chunks(messages, lambda message: message.bytes, address.limit):
        refused = batching.send([message.entry() for message in chunk], call)
        unsent |= {chunk[position].key: reason for position, reason in refused.items()}
    return unsent


def _to_function(_: Address, messages: Sequence[OutgoingMessage]) -> Unsent:
    # Imported here: most functions invoke no other function.
    from messaging.sending import invocations

    return each(messages, invocations.invoke_without_waiting)
