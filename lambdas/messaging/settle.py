"""Acting on outcomes: requeue, dead-letter, hand back. Nothing is acknowledged before that has
succeeded.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from messaging import aws, batching
from messaging.copying import Entry, dead, entry_size, requeued
from messaging.limits import MAX_DELAY, MAX_QUEUE_BYTES, MAX_VISIBILITY
from messaging.outcome import DeadLetter, HandBack, Requeue
from messaging.settings import Settings
from messaging.work import Work

Failures = dict[str, str]


def settle(works: Sequence[Work], config: Settings, request_id: str) -> Failures:
    """Act on every outcome; return why, by SQS message id, for each record that must stay in its
    queue.
    """
    consumer = config.consumer
    assert consumer is not None
    copies = [
        (w, _requeue_entry(w, w.outcome))
        for w in works
        if _to_copy(w) and isinstance(w.outcome, Requeue)
    ]
    letters = [
        (work, entry)
        for work in works
        if isinstance(work.outcome, DeadLetter)
        for entry in dead(work, work.outcome, config, request_id)
    ]
    kept = [(work, delay) for work in works if (delay := _stays(work)) is not None]
    return {
        **_send(copies, consumer.queue_url),
        **_send(letters, consumer.dead_letter_queue_url),
        **_keep(kept, consumer.queue_url),
    }


def _to_copy(work: Work) -> bool:
    return work.envelope is not None and not work.envelope.in_place


def _requeue_entry(work: Work, outcome: Requeue) -> Entry:
    return {**requeued(work, outcome), "DelaySeconds": min(MAX_DELAY, math.ceil(outcome.delay))}


def _stays(work: Work) -> int | None:
    """Return for how many seconds the record stays invisible in its queue, None if it leaves it."""
    match work.outcome:
        case HandBack():
            return 0
        case Requeue(delay=delay) if not _to_copy(work):
            return min(MAX_VISIBILITY, math.ceil(delay))
    return None


def _send(pairs: Sequence[tuple[Work, Entry]], queue_url: str) -> Failures:
    def call(entries: list[dict[str, Any]]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = aws.client("sqs").send_message_batch(
            QueueUrl=queue_url, Entries=entries
        )
        return answer

    failures: Failures = {}
    for chunk in batching.chunks(pairs, lambda pair: entry_size(pair[1]), MAX_QUEUE_BYTES):
        failed = batching.send([entry for _, entry in chunk], call)
        failures.update((chunk[position][0].sqs_id, why) for position, why in failed.items())
    return failures


def _keep(pairs: Iterable[tuple[Work, int]], queue_url: str) -> Failures:
    """Set when the records that stay become visible; where that fails, they do after the visibility
    timeout.
    """

    def call(entries: list[dict[str, Any]]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = aws.client("sqs").change_message_visibility_batch(
            QueueUrl=queue_url, Entries=entries
        )
        return answer

    kept: Failures = {}
    for chunk in batching.chunks(list(pairs), lambda _: 0, 1):
        batching.send(
            [
                {"ReceiptHandle": w.record["receiptHandle"], "VisibilityTimeout": delay}
                for w, delay in chunk
            ],
            call,
        )
        kept.update((work.sqs_id, _why(work)) for work, _ in chunk)
    return kept


def _why(work: Work) -> str:
    outcome = work.outcome
    return outcome.why if isinstance(outcome, HandBack | Requeue) else ""
