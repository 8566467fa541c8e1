"""Executing a batch: one delivery after the other, or several message groups at a time."""

from collections.abc import Sequence

from messaging.consumer.execution.groups import MessageGroup, message_groups
from messaging.consumer.execution.handling import handle
from messaging.consumer.model.delivery import Claimed, Handled
from messaging.consumer.model.invocation import Invocation
from messaging.deadline import Interrupter


def execute(batch: Sequence[Claimed | Handled], invocation: Invocation) -> list[Handled]:
    """Handle the claimed deliveries of a batch, in order within each message group."""
    groups = message_groups(batch, invocation)
    if invocation.consumer.concurrency > 1:
        # Imported here: most consumers have no threads.
        from messaging.consumer.execution.threads import Threads

        Threads(groups, invocation).run(invocation.consumer.concurrency)
    else:
        _one_by_one(groups, sum(isinstance(each, Claimed) for each in batch), invocation)
    found = {each.sqs_id: each for group in groups for each in group.finished}
    return [found[each.sqs_id] for each in batch]


def _one_by_one(groups: Sequence[MessageGroup], waiting: int, invocation: Invocation) -> None:
    """Handle group after group; `waiting` is the number of deliveries to handle."""
    with Interrupter() as interrupter:
        for group in groups:
            while (delivery := group.next()) is not None:
                waiting -= 1
                group.finish(handle(delivery, invocation, waiting, interrupter))
