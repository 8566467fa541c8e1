"""Message groups: deliveries that are handled in order. Different groups may run at the same time.

A delivery without a group is a group of its own. In a FIFO queue each delivery is dispatched before
the next of its group may run: whatever can still fail is done then, since a record that came back
after its followers were handled would break the order.
"""

from collections import deque
from collections.abc import Sequence

from msgspec.structs import replace

from messaging.consumer.intake.isolation import WAITS_FOR_GROUP
from messaging.consumer.model.delivery import Claimed, Delivery, Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Release
from messaging.consumer.settlement.dispatch import dispatch
from messaging.consumer.settlement.unfinished import send_dead_letters


class MessageGroup:
    """The deliveries of one message group, in order."""

    def __init__(self, invocation: Invocation) -> None:
        """Start empty."""
        self._invocation = invocation
        self._waiting = deque[Claimed | Handled]()
        self.finished: list[Handled] = []

    def add(self, delivery: Claimed | Handled) -> None:
        """Add a delivery behind the others."""
        self._waiting.append(delivery)

    def next(self) -> Claimed | None:
        """Finish the deliveries that have an outcome; return the next one to handle, if any."""
        while self._waiting:
            delivery = self._waiting.popleft()
            if not isinstance(delivery, Handled):
                return delivery
            self.finish(delivery)
        return None

    def finish(self, delivery: Handled) -> None:
        """Take back a delivery with its outcome; if a FIFO record stays, its followers do too."""
        if not self._invocation.consumer.fifo:
            self.finished.append(delivery)
            return
        (delivery,) = dispatch([delivery], self._invocation)
        failures = send_dead_letters([delivery], self._invocation)
        if isinstance(delivery.outcome, DeadLetter) and not failures:
            delivery = replace(delivery, dead_letter_sent=True)
        self.finished.append(delivery)
        if failures:
            self._block(0)
        elif (stays := delivery.stays) is not None:
            self._block(stays.delay)

    def _block(self, delay: float) -> None:
        waits = Release(WAITS_FOR_GROUP.why, delay)
        self.finished += (each.decided(waits) for each in self._waiting)
        self._waiting.clear()


# By message group, or by SQS id.
GroupKey = tuple[str, str]


def message_groups(
    batch: Sequence[Claimed | Handled], invocation: Invocation
) -> dict[GroupKey, MessageGroup]:
    """Return the message groups of a batch."""
    found: dict[GroupKey, MessageGroup] = {}
    for each in batch:
        found.setdefault(group_key(each), MessageGroup(invocation)).add(each)
    return found


def group_key(delivery: Delivery) -> GroupKey:
    """Return what names the group of a delivery."""
    return ("group", delivery.group) if delivery.group else ("", delivery.sqs_id)
