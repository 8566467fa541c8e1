"""Those who send to the queue, and SQS, which may hand out a message twice."""

from typing import TYPE_CHECKING, Any

from messaging.testing import Sender
from tests.unit.messaging.invariant.invariants_dead_letters import explains_another, parts
from tests.unit.messaging.invariant.message import Message
from tests.unit.messaging.invariant.plans import Plan
from tests.unit.messaging.invariant.queues import Stored
from tests.unit.messaging.invariant.shapes import SOON, Wire, impostor, written

if TYPE_CHECKING:
    from tests.unit.messaging.invariant.world import World


class Senders:
    """Send to the queue of a world."""

    def __init__(self, world: "World") -> None:
        """Have sent nothing yet."""
        self._world, self._sent, self._puts = world, 0, 0

    def send(self, plan: Plan, group: str) -> None:
        """Send a message; the queue accepts it."""
        token = f"msg-{self._sent + 1}"
        self._accept(written(token, plan.shape), plan, group)

    def _accept(self, wire: Wire, plan: Plan, group: str | None) -> Message:
        self._sent += 1
        token, (body, attributes) = f"msg-{self._sent}", wire
        self._world.bucket[f"OrderPlaced/{token}"] = f'{{"id":"{token}"}}'.encode()
        stored = self._put(token, body, attributes, group, plan.sender)
        message = Message(
            token=token, plan=plan, body=body, attributes=attributes,
            group=stored.group, stored=[stored],
            due=SOON if (plan.shape, plan.by) == ("forged delay", Sender.OPERATOR) else 0,
        )  # fmt: skip
        self._world.ledger.accept(message)
        return message

    def impersonate(self, number: int) -> None:
        """Send another body with the identity of a message that was sent before."""
        messages = self._world.ledger.messages
        originals = [each for each in messages.values() if each.plan.shape == "plain"]
        if self._world.profile.payload_check and originals:
            original = originals[number % len(originals)]
            forged = impostor(f"msg-{self._sent + 1}", original.attributes)
            message = self._accept(forged, Plan(shape="impostor"), original.group)
            self._world.ledger.rivals |= {original.token, message.token}

    def send_again(self, number: int) -> None:
        """Send a message a second time, as a sender does that got no answer."""
        if self._world.ledger.messages:
            self.repeat(self._world.ledger.messages[f"msg-{number % self._sent + 1}"])

    def repeat(self, message: Message) -> None:
        """Send a copy of a message, if it has an id by which it can be known."""
        if not message.plan.nameless:
            message.stored.append(
                self._put(
                    message.token,
                    message.body,
                    message.attributes,
                    message.group,
                    message.plan.sender,
                )
            )

    def redrive(self, number: int) -> bool:
        """Send a dead letter back to the queue as it lies there, by hand, and throw away what
        explains it beside it; return False where there is none.
        """
        letters = self._world.dead_letters.messages
        found = [each for each in letters if not explains_another(each)]
        if not found:
            return False
        letter = found[number % len(found)]
        message = self._world.ledger.messages[letter.token]
        beside = [each for each in letters if each.token == letter.token]
        for each in beside:
            if each is letter or explains_another(each):
                letters.remove(each)
        message.redriven, message.moved = True, message.moved or letter.receives > 0
        message.letters = set().union(*(parts(s, message) for s in letters if s in beside))
        message.stored.append(
            self._put(letter.token, letter.body, letter.attributes, letter.group, Sender.OPERATOR)
        )
        return True

    def _put(
        self, token: str, body: str, attributes: dict[str, Any], group: str | None, sender: str
    ) -> Stored:
        entry = {"MessageBody": body, "MessageAttributes": attributes, "MessageGroupId": group}
        if self._world.profile.fifo:
            self._puts += 1
            entry["MessageDeduplicationId"] = f"{token}#{self._puts}"
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
        stored.visible, stored.gone = self._world.clock.now, False
        if stored not in self._world.queue.messages:
            self._world.deleted.remove(stored)
            self._world.queue.messages.append(stored)
