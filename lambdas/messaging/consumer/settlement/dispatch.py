"""Dispatch: messages of handlers leave after these have succeeded; then the dead letters leave."""

from collections.abc import Sequence

from msgspec.structs import replace

from messaging.consumer.model.delivery import Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Done
from messaging.consumer.model.retry import outcome_of
from messaging.consumer.settlement import queue_calls
from messaging.errors import PublishFailed
from messaging.sending import publisher


def dispatch(batch: Sequence[Handled], invocation: Invocation) -> list[Handled]:
    """Send what the handlers sent, and the dead letters; return the batch.

    A delivery whose messages could not leave has failed; its outcome is that of a failure. A
    delivery whose dead letter could not leave has a `failure`.
    """
    sent = _send_messages(batch, invocation)
    failures = _send_dead_letters(sent, invocation)
    if not failures:
        return list(sent)
    return [replace(each, failure=failures.get(each.sqs_id)) for each in sent]


def _send_messages(batch: Sequence[Handled], invocation: Invocation) -> Sequence[Handled]:
    messages = [m for each in batch if isinstance(each.outcome, Done) for m in each.messages]
    if not messages:
        return batch
    unsent = publisher.send(messages)
    return [_after_sending(each, unsent, invocation) for each in batch] if unsent else batch


def _after_sending(delivery: Handled, unsent: publisher.Failed, invocation: Invocation) -> Handled:
    lost = [message.id for message in delivery.messages if message.id in unsent]
    if not (lost and delivery.envelope and isinstance(delivery.outcome, Done)):
        return delivery
    error = PublishFailed(f"a message it sent could not leave: {unsent[lost[0]]}")
    return replace(delivery, outcome=outcome_of(delivery.envelope, invocation, error))


def _send_dead_letters(batch: Sequence[Handled], invocation: Invocation) -> queue_calls.Failures:
    dead = [(each, each.outcome) for each in batch if isinstance(each.outcome, DeadLetter)]
    if not dead:
        return {}
    # Imported here: a cold start without dead letters does not need it.
    from messaging.consumer.settlement.dead_letter import dead_letter

    entries = [
        (each, entry) for each, outcome in dead for entry in dead_letter(each, outcome, invocation)
    ]
    return queue_calls.send(entries, invocation.consumer.dead_letter_queue_url)
