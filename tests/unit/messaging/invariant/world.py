"""The world of one example: AWS, the consumer, and Lambda between them."""

import contextlib
import io
from random import Random
from types import SimpleNamespace
from typing import Final, NoReturn

from messaging import RequeueFailed
from tests.unit.messaging.invariant import (
    invariants_dead_letters as at_letters,
    invariants_end as at_the_end,
)
from tests.unit.messaging.invariant.client import Client
from tests.unit.messaging.invariant.clients import S3, Dynamodb, Sns, Sqs
from tests.unit.messaging.invariant.clock import Clock
from tests.unit.messaging.invariant.faults import Armed, Fault, ProcessDied
from tests.unit.messaging.invariant.handlers import consumer
from tests.unit.messaging.invariant.ledger import Ledger
from tests.unit.messaging.invariant.process import Handed, Process
from tests.unit.messaging.invariant.profiles import HOST_SKEW, Profile
from tests.unit.messaging.invariant.queues import Queue, Stored
from tests.unit.messaging.invariant.records import attempt, record
from tests.unit.messaging.invariant.scheduler import Scheduler
from tests.unit.messaging.invariant.senders import Senders
from tests.unit.messaging.invariant.shapes import QUEUE_BYTES
from tests.unit.messaging.invariant.table import Table

INVOCATION: Final = 30.0
# How often a copy comes while a message is being handled.
_COPY: Final = 0.7
_MANY: Final = 1_000


class World:
    """One queue with its consumer."""

    def __init__(self, profile: Profile, clock: Clock) -> None:
        """Start with nothing sent."""
        clock.elapsed = clock.skew = clock.host = 0.0
        self.profile, self.clock, self.random = profile, clock, Random(0)
        self.dead_letters = Queue("dead-letters", clock, profile.fifo, QUEUE_BYTES)
        self.queue = Queue("work", clock, profile.fifo, QUEUE_BYTES, self.dead_letters)
        self.table, self.bucket, self.down = Table(), dict[str, bytes](), set[str]()
        self.ledger = Ledger(profile, self.table, lambda: clock.now)
        self.consumer = consumer(self)
        self._clients: dict[str, Client] = {
            "sqs": Sqs(self), "sns": Sns(self), "dynamodb": Dynamodb(self), "s3": S3(self)
        }  # fmt: skip
        self._stack: list[Process] = []
        self.deleted: list[Stored] = []
        self.senders = Senders(self)
        self._invoked = 0

    # What the runtime asks for -------------------------------------------------------------------

    def client(self, service: str) -> Client:
        """Return the client of a service."""
        return self._clients[service]

    @property
    def process(self) -> Process:
        """The invocation that runs now."""
        return self._stack[-1]

    def scheduler(self) -> Scheduler:
        """Return the scheduler of the invocation that runs now."""
        return self.process.scheduler

    def pause(self, seconds: float) -> None:
        """Let time pass within an invocation."""
        self.process.scheduler.pause(seconds)
        self._end_in_time()

    def point(self, may: tuple[Fault, ...]) -> Fault | None:
        """Be at a point where a fault may strike."""
        process = self.process
        if process.died:
            self.ledger.blame("the runtime goes on after its process has died")
        process.scheduler.pause()
        self._end_in_time()
        fault = process.armed.strike(may)
        if fault == "die before":
            self.die()
        if fault == "meanwhile":
            self._meanwhile(process)
        return fault

    def _meanwhile(self, process: Process) -> None:
        """Let another invocation take its turn while this one stands still, perhaps with a copy of
        what this one has in hand.
        """
        if len(self._stack) == 1:
            before = self.clock.elapsed
            if self.random.random() < _COPY:
                self.senders.repeat(self.ledger.messages[self.random.choice(process.handed).token])
            self.deliver(10, {})
            process.starved = process.starved or self.clock.elapsed > before
        self._end_in_time()

    def _end_in_time(self) -> None:
        if self.clock.elapsed >= self.process.end:
            self.die()

    def die(self) -> NoReturn:
        """End the process here."""
        self.process.died = self.process.scheduler.died = True
        raise ProcessDied

    # What happens --------------------------------------------------------------------------------

    def deliver_next(self, most: int, faults: dict[int, Fault], *, answered: bool = True) -> bool:
        """Deliver a batch, if need be after waiting until there is one."""
        if self.deliver(most, faults, answered=answered):
            return True
        later = [each.visible for each in self.queue.messages if each.visible > self.clock.now]
        if not later:
            return False
        self.clock.advance(min(later) - self.clock.now)
        return self.deliver(most, faults, answered=answered)

    def deliver(self, most: int, faults: dict[int, Fault], *, answered: bool = True) -> bool:
        """Let Lambda hand a batch to the consumer and delete what it is done with."""
        batch = self.queue.receive(most, self.random)
        at_letters.moved(self.ledger, self.dead_letters)
        if not batch:
            return False
        if faults or not answered:
            self.ledger.calm = self.ledger.quiet = False
        self._invoked += 1
        process = Process(
            request=f"request-{self._invoked}",
            handed=[self._handed(stored) for stored in batch],
            end=self.clock.elapsed + INVOCATION,
            armed=Armed(faults),
            scheduler=Scheduler(self.clock, self.random),
        )
        self._stack.append(process)
        outer, self.clock.host = self.clock.host, self.random.choice((-HOST_SKEW, HOST_SKEW))
        kept = self._invoke(batch, process)
        self.clock.host = outer
        if kept is not None and answered:
            for handed in process.handed:
                if handed.id not in kept:
                    self.acknowledge(handed.handle)
        self._stack.pop()
        return True

    def _invoke(self, batch: list[Stored], process: Process) -> set[str] | None:
        """Run the consumer; return which records must stay, None for all of them."""
        response = None
        event = {"Records": [record(stored) for stored in batch]}
        context = SimpleNamespace(
            aws_request_id=process.request,
            get_remaining_time_in_millis=lambda: int((process.end - self.clock.elapsed) * 1000),
        )
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                response = self.consumer(event, context)
        except ProcessDied:
            process.died = True
        except RequeueFailed:
            struck = process.hit & {"queue", "dead letters"}
            if self.profile.on_requeue_failure != "raise" or not struck:
                self.ledger.blame("RequeueFailed without a reason")
        except Exception as error:  # noqa: BLE001 - that is a finding
            self.ledger.blame(f"the whole batch failed: {error!r} {process.handed}")
        process.scheduler.close()
        at_the_end.ended(self.ledger, process)
        if process.died or response is None:
            return None
        return {item["itemIdentifier"] for item in response["batchItemFailures"]}

    def acknowledge(self, handle: str) -> None:
        """Delete a record of the current batch."""
        handed = next(each for each in self.process.handed if each.handle == handle)
        at_letters.acknowledged(self.ledger, self.process, handed)
        self.deleted += [each for each in self.queue.messages if each.id == handed.id]
        self.queue.delete(handle)

    def lapsed(self, handle: str) -> bool:
        """Whether a record is not in flight any more, or handed out anew."""
        stored = next((each for each in self.queue.messages if each.handle == handle), None)
        return stored is None or stored.visible <= self.clock.now

    def _handed(self, stored: Stored) -> Handed:
        fat, most = self.ledger.messages[stored.token].plan.fat, self.profile.max_attempts
        number = attempt(stored, in_place=fat or self.profile.fifo)
        return Handed(
            token=stored.token,
            id=stored.id,
            handle=stored.handle,
            attempt=min(number, most) if self.profile.fifo else number,
        )

    def redrive(self) -> None:
        """Send every dead letter back."""
        self.ledger.calm = self.ledger.quiet = False
        while self.senders.redrive(0):
            pass

    def drain(self) -> None:
        """Let time pass without faults until nothing is left."""
        self.down.clear()
        for _ in range(_MANY):
            if not self.queue.messages:
                break
            self.deliver_next(10, {})
        else:
            left = [
                (each.token, each.receives, each.attributes.get("retry"))
                for each in self.queue.messages
            ]
            self.ledger.blame(f"stuck: {left}")
        at_the_end.drained(self.ledger)
