"""Handling message groups in threads, for handlers that mostly wait for I/O.

Python cannot interrupt a thread. A handler that runs past its time is abandoned: the message counts
as failed, another thread takes the place of this one, and what the handler still does has no effect
on the batch.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence

from messaging.consumer.execution.groups import MessageGroup
from messaging.consumer.execution.handling import TOO_LATE, WORTH_STARTING, run
from messaging.consumer.model.delivery import Claimed, Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.retry_decision import outcome_of
from messaging.deadline import Interrupter
from messaging.errors import HandlerTimedOut

# A delivery that is handled now: its group, and when its time is over (monotonic).
Running = tuple[Claimed, MessageGroup, float]


class Threads:
    """Works through message groups, several at a time, until all are finished."""

    def __init__(self, groups: Sequence[MessageGroup], invocation: Invocation) -> None:
        """Prepare; `run` starts."""
        self._groups, self._invocation = deque(groups), invocation
        self._unfinished = len(groups)
        # By the identity of the delivery: one SQS id may be in a batch twice.
        self._running: dict[int, Running] = {}
        self._changed = threading.Condition()
        # What ended a thread that should not have ended.
        self._broken: BaseException | None = None

    def run(self, count: int) -> None:
        """Run `count` threads until every group is finished. An error that ends a thread is raised
        here, as it would be without threads.
        """
        for _ in range(min(count, len(self._groups))):
            self._start()
        while self._unfinished:
            with self._changed:
                if self._broken is None:
                    self._changed.wait(self._until_next_end())
                if self._broken is not None:
                    raise self._broken
                late = self._abandon_late()
            for delivery, group in late:
                group.finish(delivery)
                with self._changed:
                    self._groups.append(group)
                self._start()

    def _start(self) -> None:
        # A daemon, so that a thread that hangs does not keep the process alive.
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        try:
            self._work_through_groups()
        except BaseException as error:  # noqa: BLE001 - `run` raises it again
            with self._changed:
                self._broken = error
                self._changed.notify()

    def _work_through_groups(self) -> None:
        while (group := self._next()) is not None:
            while (delivery := group.next()) is not None:
                handled = self._handle(delivery, group)
                if handled is None:
                    # Abandoned: another thread has this one's place and the rest of its group.
                    return
                group.finish(handled)
            with self._changed:
                self._unfinished -= 1
                self._changed.notify()

    def _next(self) -> MessageGroup | None:
        with self._changed:
            return self._groups.popleft() if self._groups else None

    def _handle(self, delivery: Claimed, group: MessageGroup) -> Handled | None:
        """Run the handler; return None when it was abandoned meanwhile."""
        limit = self._invocation.deadline.limit(self._invocation.consumer.handler_timeout, 0)
        if limit < WORTH_STARTING:
            return delivery.decided(TOO_LATE)
        with self._changed:
            self._running[id(delivery)] = (delivery, group, time.monotonic() + limit)
            self._changed.notify()
        try:
            # An Interrupter has no effect in a thread, hence the limits of `run` above.
            handled = run(delivery, self._invocation, limit, Interrupter())
        except BaseException:
            if self._finished(delivery):
                raise
            return None
        return handled if self._finished(delivery) else None

    def _finished(self, delivery: Claimed) -> bool:
        """Whether the handler has finished before it was abandoned."""
        with self._changed:
            return self._running.pop(id(delivery), None) is not None

    def _until_next_end(self) -> float:
        ends = [end for _, _, end in self._running.values()]
        return max(0.001, min(ends, default=time.monotonic() + 0.1) - time.monotonic())

    def _abandon_late(self) -> list[tuple[Handled, MessageGroup]]:
        now = time.monotonic()
        late = [(each, group) for each, group, end in self._running.values() if now >= end]
        error = HandlerTimedOut("the handler did not finish within its time")
        for delivery, _ in late:
            del self._running[id(delivery)]
        return [(self._abandoned(delivery, error), group) for delivery, group in late]

    def _abandoned(self, delivery: Claimed, error: HandlerTimedOut) -> Handled:
        outcome = outcome_of(delivery.envelope, self._invocation, error)
        return delivery.handled(outcome, abandoned=True)
