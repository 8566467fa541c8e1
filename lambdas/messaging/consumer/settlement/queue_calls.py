"""The batch calls of SQS for the deliveries of a batch."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from messaging.aws import batch_calls, clients as aws
from messaging.aws.parallel import in_parallel
from messaging.consumer.model.delivery import Delivery
from messaging.limits import MAX_QUEUE_BYTES, MAX_VISIBILITY

if TYPE_CHECKING:
    from messaging.aws.not_sent import NotSent
    from messaging.consumer.settlement.entries import Entry

# SQS message id -> why an entry of that record failed.
Failures = dict[str, "NotSent"]


def send(pairs: Sequence[tuple[Delivery, "Entry"]], queue_url: str) -> Failures:
    """Send entries, each for its delivery, to a queue; return the failures."""
    # Imported here: a batch that succeeds sends nothing to a queue.
    from messaging.consumer.settlement.entries import entry_size

    failures: Failures = {}
    call = _to("send_message_batch", queue_url)

    def one(chunk: Sequence[tuple[Delivery, "Entry"]]) -> None:
        failed = batch_calls.send([entry for _, entry in chunk], call)
        failures.update((chunk[position][0].sqs_id, why) for position, why in failed.items())

    chunks = batch_calls.chunks(pairs, lambda pair: entry_size(pair[1]), MAX_QUEUE_BYTES)
    in_parallel(one, list(chunks))
    return failures


def change_visibility(pairs: Sequence[tuple[Delivery, float]], queue_url: str) -> None:
    """Make each record visible after so many seconds; where that fails, the queue's visibility
    timeout decides.
    """
    entries = [
        {
            "ReceiptHandle": delivery.record["receiptHandle"],
            "VisibilityTimeout": whole(seconds, MAX_VISIBILITY),
        }
        for delivery, seconds in pairs
    ]
    _call("change_message_visibility_batch", entries, queue_url)


def delete(deliveries: Sequence[Delivery], queue_url: str) -> None:
    """Delete records now; a record that could not be deleted is received again."""
    entries = [{"ReceiptHandle": each.record["receiptHandle"]} for each in deliveries]
    _call("delete_message_batch", entries, queue_url)


def whole(seconds: float, most: int) -> int:
    """Return whole seconds, not fewer than given, and at most `most`."""
    return min(most, math.ceil(seconds))


def _call(operation: str, entries: Sequence["Entry"], queue_url: str) -> None:
    call = _to(operation, queue_url)
    chunks = list(batch_calls.chunks(entries, lambda _: 0, 1))
    in_parallel(lambda chunk: batch_calls.send(chunk, call), chunks)


def _to(operation: str, queue_url: str) -> batch_calls.Call:
    def call(entries: list["Entry"]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = getattr(aws.client("sqs"), operation)(
            QueueUrl=queue_url, Entries=entries
        )
        return answer

    return call
