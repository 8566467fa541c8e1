"""Handling lanes in threads, for handlers that wait for others most of the time.

A thread cannot be interrupted. One whose handler runs past its time is left behind and replaced;
the message counts as failed, and what the handler still does is nobody's concern but its own.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from messaging.consumer.execution.handling import WORTH_STARTING, run
from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.failure import outcome_of
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import Release
from messaging.deadline import Interrupter
from messaging.errors import HandlerTimedOut

MessageGroup = list[Delivery]
# Completes a work before the next of its lane may run; gets the work and the rest of its lane.
Finish = Callable[[Delivery, Sequence[Delivery]], None]


class Threads:
    """Works through lanes, a number of them at a time, until all are done or the time is up."""

    def __init__(
        self, lanes: Sequence[MessageGroup], finish: Finish, invocation: Invocation
    ) -> None:
        """Prepare; `run` starts."""
        self._lanes, self._finish, self._invocation = deque(lanes), finish, invocation
        self._unfinished = len(lanes)
        # SQS message id -> the work, when its time is over (monotonic), and the rest of its lane.
        self._running: dict[str, tuple[Delivery, float, MessageGroup]] = {}
        self._changed = threading.Condition()
        # What ended a thread that should not have ended.
        self._broken: BaseException | None = None

    def run(self, count: int) -> None:
        """Run `count` threads; every work has an outcome afterwards. What breaks a thread is raised
        here, as it would be without threads.
        """
        for _ in range(min(count, len(self._lanes))):
            self._start()
        while self._unfinished:
            with self._changed:
                if self._broken is None:
                    self._changed.wait(self._until_next_end())
                if self._broken is not None:
                    raise self._broken
                late = self._abandon_late()
            for work, rest in late:
                self._finish(work, rest)
                with self._changed:
                    self._lanes.append(rest)
                self._start()

    def _start(self) -> None:
        # A daemon, so that one that hangs does not keep the process alive.
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        try:
            self._work_through_lanes()
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is seen
            with self._changed:
                self._broken = error
                self._changed.notify()

    def _work_through_lanes(self) -> None:
        while lane := self._next():
            for position, work in enumerate(lane):
                rest = lane[position + 1 :]
                if work.outcome is None and not self._handle(work, rest):
                    # Left behind: another thread has this one's place and the rest of its lane.
                    return
                self._finish(work, rest)
            with self._changed:
                self._unfinished -= 1
                self._changed.notify()

    def _next(self) -> MessageGroup | None:
        with self._changed:
            while self._lanes:
                if lane := self._lanes.popleft():
                    return lane
                self._unfinished -= 1
            self._changed.notify()
            return None

    def _handle(self, work: Delivery, rest: MessageGroup) -> bool:
        """Run the handler; return False when it was given up meanwhile."""
        started = time.monotonic()
        limit = self._invocation.deadline.limit(self._invocation.consumer.handler_timeout, 0)
        if limit < WORTH_STARTING:
            work.outcome = Release("the invocation was about to end")
            return True
        with self._changed:
            self._running[work.sqs_id] = (work, started + limit, rest)
            self._changed.notify()
        # Without effect in a thread, which is why there is a limit of its own here.
        try:
            outcome = run(work, self._invocation, limit, Interrupter())
        except BaseException:
            if work.abandoned:
                return False
            raise
        with self._changed:
            if work.abandoned:
                return False
            del self._running[work.sqs_id]
            work.outcome, work.duration = outcome, time.monotonic() - started
            return True

    def _until_next_end(self) -> float:
        ends = [end for _, end, _ in self._running.values()]
        return max(0.001, min(ends, default=time.monotonic() + 0.1) - time.monotonic())

    def _abandon_late(self) -> list[tuple[Delivery, MessageGroup]]:
        now = time.monotonic()
        late = [(work, rest) for work, end, rest in self._running.values() if now >= end]
        for work, _ in late:
            assert work.envelope is not None
            del self._running[work.sqs_id]
            work.abandoned = True
            error = HandlerTimedOut("the handler did not finish within its time")
            work.outcome = outcome_of(work.envelope, self._invocation, error)
        return late
