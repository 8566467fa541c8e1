"""Acting on outcomes: requeue, dead-letter, keep. Nothing is acknowledged before that is done."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from messaging.aws import batch_calls as batching, clients as aws
from messaging.aws.parallel import in_parallel
from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Release, Requeue
from messaging.consumer.settlement.copies import Entry, dead_letter, entry_size, retry_copy
from messaging.limits import MAX_DELAY, MAX_QUEUE_BYTES, MAX_VISIBILITY

# SQS message id -> why the record must stay in its queue.
ItemFailures = dict[str, str]


def settle(works: Sequence[Delivery], invocation: Invocation) -> ItemFailures:
    """Act on every outcome; return the records that must stay in their queue."""
    kept = {**requeue(works, invocation), **send_dead_letters(works, invocation)}
    stay = {work.sqs_id: delay for work in works if (delay := seconds_in_place(work)) is not None}
    change_visibility([work for work in works if work.sqs_id in stay], stay, invocation)
    return {**kept, **{work.sqs_id: _why(work) for work in works if work.sqs_id in stay}}


def requeue(works: Sequence[Delivery], invocation: Invocation) -> ItemFailures:
    """Send the copies of messages that are to be tried again; return those that could not leave."""
    copies = [
        (work, {**retry_copy(work, outcome), "DelaySeconds": _whole(outcome.delay, MAX_DELAY)})
        for work in works
        if (outcome := _again(work)) is not None
    ]
    return _send(copies, invocation.consumer.queue_url)


def _again(work: Delivery) -> Requeue | None:
    """Return the outcome of a message that comes again as a copy, None for any other."""
    envelope, outcome = work.envelope, work.outcome
    if envelope is None or envelope.in_place:
        return None
    if isinstance(outcome, Release):
        # Left where it is, it would be received once more and then look like one that ended its
        # process.
        suspect = bool(envelope.retry and envelope.retry.suspect)
        return Requeue(
            attempt=envelope.attempt, delay=outcome.delay, why=outcome.why, suspect=suspect
        )
    return outcome if isinstance(outcome, Requeue) else None


def send_dead_letters(works: Sequence[Delivery], invocation: Invocation) -> ItemFailures:
    """Send the dead letters; return those that could not leave."""
    dying = [work for work in works if isinstance(work.outcome, DeadLetter) and not work.buried]
    letters = [(work, entry) for work in dying for entry in dead_letter(work, invocation)]
    kept = _send(letters, invocation.consumer.dead_letter_queue_url)
    for work in dying:
        work.buried = work.sqs_id not in kept
    return kept


def change_visibility(
    works: Sequence[Delivery], delays: Mapping[str, float], invocation: Invocation
) -> None:
    """Set when records that stay become visible; if that fails, the visibility timeout decides."""
    entries = [
        {
            "ReceiptHandle": work.record["receiptHandle"],
            "VisibilityTimeout": _whole(delays[work.sqs_id], MAX_VISIBILITY),
        }
        for work in works
    ]
    _call("change_message_visibility_batch", entries, invocation)


def delete(works: Sequence[Delivery], invocation: Invocation) -> None:
    """Acknowledge records now, before the invocation ends; one that stays comes a second time."""
    entries = [{"ReceiptHandle": work.record["receiptHandle"]} for work in works]
    _call("delete_message_batch", entries, invocation)


def seconds_in_place(work: Delivery) -> float | None:
    """Return for how long the record stays invisible in its queue, None if it leaves it."""
    # One that nobody can read stays too when it is handed back: in a FIFO queue it waits its turn.
    if work.envelope is not None and not work.envelope.in_place:
        return None
    return work.outcome.delay if isinstance(work.outcome, Release | Requeue) else None


def _whole(seconds: float, most: int) -> int:
    return min(most, math.ceil(seconds))


def _call(operation: str, entries: Sequence[Entry], invocation: Invocation) -> None:
    call = _to(operation, invocation.consumer.queue_url)
    chunks = list(batching.chunks(entries, lambda _: 0, 1))
    in_parallel(lambda chunk: batching.send(chunk, call), chunks)


def _send(pairs: Sequence[tuple[Delivery, Entry]], queue_url: str) -> ItemFailures:
    kept: ItemFailures = {}
    call = _to("send_message_batch", queue_url)

    def send(chunk: Sequence[tuple[Delivery, Entry]]) -> None:
        failed = batching.send([entry for _, entry in chunk], call)
        kept.update((chunk[position][0].sqs_id, why) for position, why in failed.items())

    chunks = batching.chunks(pairs, lambda pair: entry_size(pair[1]), MAX_QUEUE_BYTES)
    in_parallel(send, list(chunks))
    return kept


def _to(operation: str, queue_url: str) -> batching.Call:
    def call(entries: list[Entry]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = getattr(aws.client("sqs"), operation)(
            QueueUrl=queue_url, Entries=entries
        )
        return answer

    return call


def _why(work: Delivery) -> str:
    outcome = work.outcome
    return outcome.why if isinstance(outcome, Release | Requeue) else ""
