"""Dispatch: the messages of handlers leave after these have succeeded."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from messaging.consumer.model.delivery import Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Done
from messaging.consumer.model.retry_decision import outcome_of

if TYPE_CHECKING:
    from messaging.sending.transport import Unsent


def dispatch(batch: Sequence[Handled], invocation: Invocation) -> list[Handled]:
    """Send what the handlers sent; return the batch. A delivery whose messages could not leave has
    failed, and its outcome is that of a failure.
    """
    messages = [m for each in batch if isinstance(each.outcome, Done) for m in each.messages]
    if not messages:
        return list(batch)
    # Imported here: many consumers send nothing.
    from messaging.sending import publisher

    unsent = publisher.send(messages)
    return [_after_sending(each, unsent, invocation) for each in batch] if unsent else list(batch)


def _after_sending(delivery: Handled, unsent: "Unsent", invocation: Invocation) -> Handled:
    lost = [message for message in delivery.messages if message.key in unsent]
    if not (lost and delivery.envelope and isinstance(delivery.outcome, Done)):
        return delivery
    from messaging.sending.publisher import publish_failed

    first, what = lost[0], "a message it sent could not leave"
    error = publish_failed(what, first, unsent[first.key])
    return replace(delivery, outcome=outcome_of(delivery.envelope, invocation, error))
