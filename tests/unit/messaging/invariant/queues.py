"""Queues as SQS has them, standard and FIFO, with the limits that it enforces."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from messaging.limits import MAX_ATTRIBUTES, MAX_BATCH_ENTRIES, MAX_DELAY
from messaging.testing.senders import Sender
from messaging.wire import encoding as wire
from tests.unit.messaging.invariant.clock import Clock
from tests.unit.messaging.invariant.faults import Refused

VISIBILITY: Final = 180.0
MAX_RECEIVES: Final = 10
# Lambda's batch size for a FIFO queue.
_MOST_OF_FIFO: Final = 10
_DEDUPLICATION: Final = 300.0
_TWELVE_HOURS: Final = 43_200

Entry = Mapping[str, Any]


@dataclass(kw_only=True)
class Stored:
    """A message in a queue. `token` names what it is a copy of, `visible` when it can be seen."""

    id: str
    token: str
    body: str
    attributes: wire.Attributes
    visible: float
    sender: str
    group: str | None = None
    sequence: int = 0
    fifo: bool = False
    receives: int = 0
    received: float = 0.0
    first_received: float = 0.0
    handle: str = ""
    gone: bool = False


@dataclass
class Queue:
    """A queue; what was received too often moves to `dead_letters`."""

    name: str
    clock: Clock
    fifo: bool
    size: int
    dead_letters: "Queue | None" = None
    messages: list[Stored] = field(default_factory=list)
    _sent: int = 0
    _handed_out: int = 0
    _deduplication: dict[str, float] = field(default_factory=dict)

    def check(self, entries: Sequence[Entry]) -> None:
        """Refuse a batch that SQS refuses."""
        if not 1 <= len(entries) <= MAX_BATCH_ENTRIES:
            raise Refused("TooManyEntriesInBatchRequest", "SendMessageBatch")
        if len({each["Id"] for each in entries}) < len(entries):
            raise Refused("BatchEntryIdsNotDistinct", "SendMessageBatch")
        if sum(wire.size(each["MessageBody"], each["MessageAttributes"]) for each in entries) > (
            self.size
        ):
            raise Refused("BatchRequestTooLong", "SendMessageBatch")
        for each in entries:
            self._check(each)

    def _check(self, entry: Entry) -> None:
        attributes, delay = entry["MessageAttributes"], entry.get("DelaySeconds", 0)
        empty = any(not (v.get("StringValue") or v.get("BinaryValue")) for v in attributes.values())
        grouped = bool(entry.get("MessageGroupId") and entry.get("MessageDeduplicationId"))
        wrong_for_fifo = self.fifo and ("DelaySeconds" in entry or not grouped)
        wrong_for_standard = not self.fifo and "MessageDeduplicationId" in entry
        if (
            not entry["MessageBody"] or empty or len(attributes) > MAX_ATTRIBUTES
            or not (isinstance(delay, int) and 0 <= delay <= MAX_DELAY)
            or wrong_for_fifo or wrong_for_standard
        ):  # fmt: skip
            raise Refused("InvalidParameterValue", "SendMessageBatch")

    def put(self, token: str, entry: Entry, sender: str = Sender.CONSUMER) -> Stored | None:
        """Store a message of `sender`; None where it is taken for one of the last five minutes."""
        key = entry.get("MessageDeduplicationId")
        if key and self.clock.now - self._deduplication.get(key, -1e9) < _DEDUPLICATION:
            return None
        if key:
            self._deduplication[key] = self.clock.now
        self._sent += 1
        stored = Stored(
            id=f"{token}.{self.name}.{self._sent}",
            token=token,
            body=entry["MessageBody"],
            attributes=dict(entry["MessageAttributes"]),
            visible=self.clock.now + entry.get("DelaySeconds", 0),
            sender=sender,
            group=entry.get("MessageGroupId"),
            sequence=self._sent,
            fifo=self.fifo,
        )
        self.messages.append(stored)
        return stored

    def receive(self, most: int, random: Random) -> list[Stored]:
        """Hand out up to `most` visible messages, and hide them."""
        batch: list[Stored] = []
        most = min(most, _MOST_OF_FIFO) if self.fifo else most
        for stored in self._available(random):
            if len(batch) == most:
                break
            if stored.receives >= MAX_RECEIVES and self.dead_letters is not None:
                self._move(stored, self.dead_letters)
            else:
                batch.append(stored)
                self._hand_out(stored)
        return batch

    def _available(self, random: Random) -> Iterator[Stored]:
        now = self.clock.now
        if not self.fifo:
            visible = [each for each in self.messages if each.visible <= now]
            random.shuffle(visible)
            yield from visible
            return
        # A group is locked while any of its messages is in flight.
        locked = {each.group for each in self.messages if each.visible > now}
        yield from [each for each in self.messages if each.group not in locked]

    def _hand_out(self, stored: Stored) -> None:
        self._handed_out += 1
        stored.receives += 1
        stored.received, stored.visible = self.clock.now, self.clock.now + VISIBILITY
        stored.first_received = stored.first_received or self.clock.now
        stored.handle = f"{stored.id}/{self._handed_out}"

    def _move(self, stored: Stored, dead_letters: "Queue") -> None:
        self.messages.remove(stored)
        stored.gone = True
        dead_letters.messages.append(stored)

    def change_visibility(self, handle: str, seconds: int) -> bool:
        """Hide a message in flight for `seconds` from now; False where SQS would refuse."""
        stored = self._find(handle)
        now = self.clock.now
        if stored is None or stored.visible <= now or not 0 <= seconds <= _TWELVE_HOURS:
            return False
        # Developer guide, visibility timeout: twelve hours from when the message is received.
        if now - stored.received + seconds > _TWELVE_HOURS:
            return False
        stored.visible = now + seconds
        return True

    def delete(self, handle: str) -> None:
        """Forget a message, whoever holds it now."""
        name = handle.rpartition("/")[0]
        for stored in [each for each in self.messages if each.id == name]:
            if self.fifo and (stored.handle != handle or stored.visible <= self.clock.now):
                continue
            self.messages.remove(stored)
            stored.gone = True

    def _find(self, handle: str) -> Stored | None:
        return next((each for each in self.messages if each.handle == handle), None)
