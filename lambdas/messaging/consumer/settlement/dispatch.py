"""Sending what handlers said, once they have succeeded."""

from collections.abc import Sequence

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.failure import outcome_of
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Done
from messaging.errors import PublishFailed
from messaging.sending import publisher


def dispatch(works: Sequence[Delivery], invocation: Invocation) -> None:
    """Send what these handlers said; a record whose messages cannot leave has failed."""
    done = [work for work in works if isinstance(work.outcome, Done)]
    messages = [message for work in done for message in work.to_dispatch]
    if not messages:
        return
    unsent = publisher.send(messages)
    for work in done:
        lost = [message.id for message in work.to_dispatch if message.id in unsent]
        if lost and work.envelope:
            error = PublishFailed(f"a message it sent could not leave: {unsent[lost[0]]}")
            work.outcome = outcome_of(work.envelope, invocation, error)
        work.to_dispatch.clear()
