"""Lanes: what must be handled one after the other. Different lanes may run at the same time."""

from collections.abc import Sequence

from messaging.consumer.execution.handling import handle
from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Release
from messaging.consumer.settlement.dispatch import dispatch
from messaging.consumer.settlement.settle import seconds_in_place, send_dead_letters
from messaging.deadline import Interrupter

MessageGroup = list[Delivery]


def handle_all(works: Sequence[Delivery], invocation: Invocation) -> None:
    """Handle the works that have no outcome yet, in order within each message group."""

    def finish(work: Delivery, rest: Sequence[Delivery]) -> None:
        if invocation.consumer.fifo:
            _finish_in_order(work, rest, invocation)

    found = message_groups(works)
    if invocation.consumer.concurrency > 1:
        from messaging.consumer.execution.threads import Threads

        Threads(found, finish, invocation).run(invocation.consumer.concurrency)
        return
    waiting = sum(work.outcome is None for work in works)
    with Interrupter() as interrupter:
        for lane in found:
            for position, work in enumerate(lane):
                if work.outcome is None:
                    waiting -= 1
                    handle(work, invocation, waiting, interrupter)
                finish(work, lane[position + 1 :])


def message_groups(works: Sequence[Delivery]) -> list[MessageGroup]:
    """Return the works of each message group in order; what has no group is a lane of its own."""
    found: dict[tuple[str, str], MessageGroup] = {}
    for work in works:
        key = ("group", work.group) if work.group else ("", work.sqs_id)
        found.setdefault(key, []).append(work)
    return list(found.values())


def _finish_in_order(work: Delivery, rest: Sequence[Delivery], invocation: Invocation) -> None:
    """Complete a FIFO record before the next of its group may run; if it stays, so do they.

    Whatever can still fail is done now: a record that came back after its followers were handled
    would break the order.
    """
    dispatch([work], invocation)
    kept = send_dead_letters([work], invocation)
    delay = 0.0 if kept else seconds_in_place(work)
    if delay is not None:
        for follower in rest:
            follower.outcome = Release("one before it in its group is not done", delay)
