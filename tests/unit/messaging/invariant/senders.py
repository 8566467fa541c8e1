"""Those who send to the queue, and SQS, which may hand out a message twice."""

from typing import TYPE_CHECKING, Any

from messaging.testing import Sender
from tests.unit.messaging.invariant.message import Message
from tests.unit.messaging.invariant.plans import Plan
from tests.unit.messaging.invariant.queues import Stored
from tests.unit.messaging.invariant.shapes import written

if TYPE_CHECKING:
    from tests.unit.messaging.invariant.world import World


class Senders:
    """Send to the queue of a world."""

    def __init__(self, world: "World") -> None:
        """Have sent nothing yet."""
        self._world, self._sent, self._puts = world, 0, 0

    def send(self, plan: Plan, group: str) -> None:
        """Send a message; the queue accepts it."""
        self._sent += 1
        token = f"msg-{self._sent}"
        body, attributes = written(token, plan.shape)
        self._world.bucket[f"OrderPlaced/{token}"] = f'{{"id":"{token}"}}'.encode()
        stored = self._put(token, body, attributes, group, plan)
        message = Message(
            token=token, plan=plan, body=body, attributes=attributes,
            group=stored.group, place=stored.sequence,
        )  # fmt: skip
        self._world.ledger.accept(message)

    def send_again(self, number: int) -> None:
        """Send a message a second time, as a sender does that got no answer."""
        if self._world.ledger.messages:
            self.repeat(self._world.ledger.messages[f"msg-{number % self._sent + 1}"])

    def repeat(self, message: Message) -> None:
        """Send a copy of a message, if it has an id by which it can be known."""
        if not message.plan.nameless:
            self._put(message.token, message.body, message.attributes, message.group, message.plan)

    def _put(
        self, token: str, body: str, attributes: dict[str, Any], group: str | None, plan: Plan
    ) -> Stored:
        entry = {"MessageBody": body, "MessageAttributes": attributes, "MessageGroupId": group}
        if self._world.profile.fifo:
            self._puts += 1
            entry["MessageDeduplicationId"] = f"{token}#{self._puts}"
        sender = Sender.CONSUMER if plan.own else Sender.SNS
        stored = self._world.queue.put(token, entry, sender)
        assert stored is not None
        return stored

    def show_again(self, number: int) -> None:
        """Hand out once more what is in flight or just deleted, as a standard queue may."""
        seen = [each for each in self._world.queue.messages if each.receives] + self._world.deleted[
            -20:
        ]
        if self._world.profile.fifo or not seen:
            return
        stored = seen[number % len(seen)]
        stored.visible = self._world.clock.now
        if stored not in self._world.queue.messages:
            self._world.deleted.remove(stored)
            self._world.queue.messages.append(stored)
