"""Executing a batch: one delivery after the other, or several message groups at a time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from messaging.consumer.execution.handling import handle
from messaging.consumer.model.delivery import Claimed, Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.settlement.dispatch import dispatch
from messaging.deadline import Interrupter

if TYPE_CHECKING:
    from messaging.consumer.execution.groups import MessageGroup


def execute(batch: Sequence[Claimed | Handled], invocation: Invocation) -> list[Handled]:
    """Handle the claimed deliveries of a batch, and dispatch what they sent.

    In a FIFO queue that is done in order within each message group, dead letters included.
    """
    consumer = invocation.consumer
    if consumer.concurrency == 1 and not consumer.fifo:
        return dispatch(_one_by_one(batch, invocation), invocation)
    # Imported here: most consumers have neither message groups nor threads.
    from messaging.consumer.execution.groups import group_key, message_groups

    by_key = message_groups(batch, invocation)
    groups = list(by_key.values())
    if consumer.concurrency > 1:
        from messaging.consumer.execution.threads import Threads

        Threads(groups, invocation).run(consumer.concurrency)
    else:
        _group_by_group(groups, _count(batch), invocation)
    # A group finishes its deliveries in their order.
    finished = {key: iter(group.finished) for key, group in by_key.items()}
    handled = [next(finished[group_key(each)]) for each in batch]
    return handled if consumer.fifo else dispatch(handled, invocation)


def _one_by_one(batch: Sequence[Claimed | Handled], invocation: Invocation) -> list[Handled]:
    waiting, handled = _count(batch), list[Handled]()
    with Interrupter() as interrupter:
        for delivery in batch:
            if isinstance(delivery, Claimed):
                waiting -= 1
                handled.append(handle(delivery, invocation, waiting, interrupter))
            else:
                handled.append(delivery)
    return handled


def _group_by_group(groups: Sequence["MessageGroup"], waiting: int, invocation: Invocation) -> None:
    with Interrupter() as interrupter:
        for group in groups:
            while (delivery := group.next()) is not None:
                waiting -= 1
                group.finish(handle(delivery, invocation, waiting, interrupter))


def _count(batch: Sequence[Claimed | Handled]) -> int:
    return sum(isinstance(each, Claimed) for each in batch)
