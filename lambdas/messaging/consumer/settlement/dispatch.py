"""Sending what handlers said, once they have succeeded."""

from collections.abc import Sequence

from messaging.consumer.model.delivery import Work
from messaging.consumer.model.failure import failed
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Done
from messaging.errors import PublishFailed
from messaging.sending import publisher


def publish_held_back(works: Sequence[Work], invocation: Invocation) -> None:
    """Send what these handlers said; a record whose messages cannot leave has failed."""
    done = [work for work in works if isinstance(work.outcome, Done)]
    messages = [message for work in done for message in work.held_back]
    if not messages:
        return
    unsent = publisher.send(messages)
    for work in done:
        lost = [message.id for message in work.held_back if message.id in unsent]
        if lost and work.envelope:
            error = PublishFailed(f"a message it sent could not leave: {unsent[lost[0]]}")
            work.outcome = failed(work.envelope, invocation, error)
        work.held_back.clear()
