"""The model: what was accepted, what happened to it, and every sentence of the invariant."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from messaging import wire
from messaging.limits import MAX_ATTRIBUTES, MAX_BATCH_ENTRIES
from tests.unit.messaging.invariant.plans import TOPIC_BYTES, Plan, token_of
from tests.unit.messaging.invariant.process import Handed, Process, Run
from tests.unit.messaging.invariant.profiles import Profile
from tests.unit.messaging.invariant.queues import Queue, Stored
from tests.unit.messaging.invariant.table import Table

Entry = dict[str, Any]

# How often the runtime asks DynamoDB for what it left undone.
_TRIES: Final = 3


class Broken(AssertionError):
    """The invariant does not hold."""


@dataclass(eq=False, kw_only=True)
class Message:
    """A message that the queue accepted, and its fate so far."""

    token: str
    plan: Plan
    body: str
    attributes: wire.Attributes
    asked: float = 0
    due: float = 0
    group: str | None
    place: int
    effects: int = 0
    deaths_around: int = 0
    attempts: list[int] = field(default_factory=list)
    published: set[str] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)

    @property
    def done(self) -> bool:
        """Whether its handler succeeded and all that it published has left."""
        return self.effects > 0 and len(self.published) == self.plan.publishes

    @property
    def dead(self) -> bool:
        """Whether it lies in the dead-letter queue, with its body and its explanation."""
        return self.letters == {"body", "explanation"}

    @property
    def bodies(self) -> Sequence[str]:
        """What the body of a copy may be: as it came, or without what SNS wrapped around it."""
        if "TopicArn" not in self.body:
            return (self.body,)
        return self.body, json.loads(self.body)["Message"]


@dataclass
class Ledger:
    """Every message, and what is wrong. The runtime catches errors, so they are kept here.

    In a `calm` example nothing fails but handlers; in a `quiet` one some of them end the process.
    """

    profile: Profile
    table: Table
    now: Callable[[], float]
    messages: dict[str, Message] = field(default_factory=dict)
    calm: bool = True
    quiet: bool = True
    handled_now: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def blame(self, what: str) -> None:
        """Note that the invariant does not hold."""
        self.broken.append(what)

    def check(self) -> None:
        """Raise Broken with what was noted."""
        if self.broken:
            raise Broken("; ".join(self.broken))

    def accept(self, message: Message) -> None:
        """A queue has accepted a message: from now on it may not be lost."""
        self.messages[message.token] = message

    # Handlers ------------------------------------------------------------------------------------

    def started(self, process: Process, token: str, attempt: int) -> Run:
        """A handler starts."""
        message = self.messages[token]
        message.attempts.append(attempt)
        if message.plan.invalid:
            self.blame(f"{token} was handled though it is {message.plan.shape}")
        if not 1 <= attempt <= self.profile.max_attempts:
            self.blame(f"{token} is handled as attempt {attempt} of {self.profile.max_attempts}")
        if self.quiet and self.now() < message.due - 1:
            self.blame(f"{token} comes {message.due - self.now():.0f} s too early")
        if attempt not in (each.attempt for each in process.of(token)):
            self.blame(f"{token} is told attempt {attempt}, but was {process.of(token)}")
        self._check_order(message)
        run = Run(token=token, attempt=attempt, key=self._key(process, token))
        if run.key:
            run.asked = process.asked[run.key]
            self._check_once(process, run.key, token)
        process.runs.append(run)
        return run

    def _key(self, process: Process, token: str) -> str | None:
        if self.profile.idempotency is None:
            return None
        found = [key for key in process.asked if token_of(key) == token]
        if not found:
            self.blame(f"{token} is handled though the table was not asked")
            return None
        return found[0]

    def _check_order(self, message: Message) -> None:
        """In a FIFO queue nobody overtakes who is neither done nor dead."""
        if not self.profile.fifo:
            return
        for other in self.messages.values():
            before = other.group == message.group and other.place < message.place
            if before and not other.done and not other.dead:
                self.blame(f"{message.token} is handled before {other.token} of its group")

    def _check_once(self, process: Process, key: str, token: str) -> None:
        """A handler does not run again once its completion was noted before it asked."""
        noted = self.table.noted.get(key)
        if noted is not None and noted < process.asked[key]:
            self.blame(f"{token} is handled again though it is noted as done")
        assert self.profile.idempotency is not None
        if self.profile.idempotency.guarantee == "lease" and (
            self.table.owners.get(key) is not process
        ):
            self.blame(f"{token} is handled while the claim is somebody else's")
        if self.profile.idempotency.guarantee == "lease" and token in self.handled_now:
            self.blame(f"{token} is handled twice at the same time")

    def effect(self, run: Run) -> None:
        """A handler has its effect."""
        run.effect = True
        self.messages[run.token].effects += 1

    # AWS -----------------------------------------------------------------------------------------

    def check_publishing(self, entries: Sequence[Entry]) -> None:
        """Refuse a batch that SNS refuses."""
        sizes = [wire.size(each["Message"], each["MessageAttributes"]) for each in entries]
        most = max(len(each["MessageAttributes"]) for each in entries)
        if len(entries) > MAX_BATCH_ENTRIES or sum(sizes) > TOPIC_BYTES or most > MAX_ATTRIBUTES:
            self.blame("SNS refuses this batch")

    def published(self, process: Process, entry: Entry) -> None:
        """SNS has taken a message."""
        header = json.loads(entry["MessageAttributes"]["header"]["StringValue"])
        token = token_of(header["causationid"])
        message = self.messages[token]
        message.published.add(header["id"])
        if not any(run.returned for run in process.runs_of(token)):
            self.blame(f"{token} published though its handler did not succeed")
        if len(message.published) > message.plan.publishes:
            self.blame(f"{token} published under different ids")

    def copied(self, process: Process, entry: Entry, queue: Queue) -> None:
        """A copy reaches the queue."""
        token = _token(entry)
        message, attributes = self.messages[token], entry["MessageAttributes"]
        state = json.loads(attributes["retry"]["StringValue"])
        self._check_content(message, entry, state.get("attributes", {}))
        handed = [each.attempt for each in process.of(token)]
        may = self._attempts_after(process, token, handed)
        if state["attempt"] not in may:
            self.blame(f"{token} was attempt {handed} and is copied as {state['attempt']}")
        process.copied.add(token)
        if process.runs_of(token):
            message.due = max(message.due, message.asked)
        queue.put(token, entry)

    def _attempts_after(self, process: Process, token: str, handed: Sequence[int]) -> set[int]:
        """What the attempt number of a copy may be: one more if one was used up, else the same."""
        runs, same, next_one = process.runs_of(token), set(handed), {each + 1 for each in handed}
        struck = process.hit & {"s3", "dynamodb"} or process.undone >= _TRIES
        if runs and len(handed) == 1:
            return next_one
        return same | next_one if runs or struck else same

    def _check_content(
        self, message: Message, entry: Entry, inside: Mapping[str, Mapping[str, str]]
    ) -> None:
        if entry["MessageBody"] not in message.bodies:
            self.blame(f"{message.token} has lost its body: {entry['MessageBody'][:100]}")
        kept = {**inside, **entry["MessageAttributes"]}
        for name, value in message.attributes.items():
            if name != "retry" and kept.get(name) != value:
                self.blame(f"{message.token} has lost its attribute {name}")

    def buried(self, process: Process, entry: Entry, dead_letters: Queue) -> None:
        """A letter reaches the dead-letter queue."""
        if (stored := dead_letters.put(_token(entry), entry)) is None:
            # Taken for the same letter as one before: all there is of it is that one.
            return
        self._lies(stored)
        message = self.messages[stored.token]
        if message.dead:
            process.buried.add(message.token)

    def _lies(self, stored: Stored) -> None:
        message, attributes = self.messages[stored.token], stored.attributes
        if "deadLetter" not in attributes:
            if stored.body == message.body:
                message.letters.add("body")
            return
        message.letters.add("explanation")
        why = json.loads(attributes["deadLetter"]["StringValue"])
        if not (why["reason"] and why["cause"] and why["requestId"]):
            self.blame(f"{message.token} is dead without a reason")
        if why["attempts"] > self.profile.max_attempts:
            self.blame(f"{message.token} is dead after {why['attempts']} attempts")
        if "explains" not in why:
            entry = {"MessageBody": stored.body, "MessageAttributes": attributes}
            self._check_content(message, entry, why.get("attributes", {}))
            message.letters.add("body")

    def moved(self, dead_letters: Queue) -> None:
        """SQS itself has moved what was received too often: as it is, with no explanation."""
        for stored in dead_letters.messages:
            if stored.receives:
                self.messages[stored.token].letters |= {"body", "explanation"}
                if stored.body not in self.messages[stored.token].bodies:
                    self.blame(f"{stored.token} was moved without its body")

    def acknowledged(self, process: Process, handed: Handed) -> None:
        """SQS is told to delete a record: nothing may be lost by that."""
        message = self.messages[handed.token]
        safe = message.done or handed.token in process.copied | process.buried
        if not safe and not (message.dead and self._letter_taken_for_one_before(process)):
            self.blame(f"{handed.token} is acknowledged, but not done, requeued or dead-lettered")

    def _letter_taken_for_one_before(self, process: Process) -> bool:
        return self.profile.fifo

    # The ends ------------------------------------------------------------------------------------

    def ended(self, process: Process) -> None:
        """An invocation is over: whatever is not noted has its reason."""
        if process.died:
            for token in {each.token for each in process.handed}:
                self.messages[token].deaths_around += 1
        for run in process.runs:
            if run.key is None or process.died:
                continue
            # What DynamoDB leaves undone is asked for three times.
            undone = process.undone >= _TRIES
            struck = process.hit & {"dynamodb", "sns", "s3"} or process.starved or undone
            noted = self.table.noted.get(run.key)
            if run.effect and not struck and (noted is None or noted < run.asked):
                self.blame(f"the effect of {run.token} was not noted, and no fault is to blame")
            claimed = self.table.owners.get(run.key) is process and (
                self.table.items.get(run.key, {}).get("status") == {"S": "claimed"}
            )
            if claimed and not (run.left_behind or undone or "dynamodb" in process.hit):
                self.blame(f"{run.token} is still claimed after its invocation")

    def drained(self) -> None:
        """The queue is empty: every message has its end."""
        for message in self.messages.values():
            if not message.done and not message.dead:
                self.blame(f"{message.token} is neither done nor dead: {message}")
            if message.plan.invalid and not message.dead:
                self.blame(f"{message.token} is {message.plan.shape} and not dead")
            if self.calm:
                self._check_calm(message)
            if self.quiet:
                self._check_quiet(message)

    def _check_quiet(self, message: Message) -> None:
        """A message does not die of what others do to the process, unless they do it often."""
        plan = message.plan
        guilty = plan.invalid or plan.fails or plan.fat or plan.shape == "attempts beyond"
        spared = message.deaths_around < self.profile.max_attempts and not self.profile.fifo
        if message.dead and spared and not guilty:
            self.blame(f"{message.token} is dead because of others: {message.attempts}")

    def _check_calm(self, message: Message) -> None:
        """Without any fault every message has the end that its plan says."""
        plan, most = message.plan, self.profile.max_attempts
        refused = plan.fails and plan.how in ("reject", "permanent")
        beyond = plan.shape == "attempts beyond"
        good = (
            not plan.invalid
            and not beyond
            and not refused
            and plan.fails < (1 if self.profile.fifo else most)
        )
        if good and message.dead:
            self.blame(
                f"{message.token} is dead, and nothing was wrong with it: {message.attempts}"
            )
        runs = 0 if plan.invalid or beyond else 1 if refused else min(plan.fails + 1, most)
        if not self.profile.fifo and message.attempts != list(range(1, runs + 1)):
            self.blame(f"{message.token} was handled as attempts {message.attempts} of {runs}")
        if self.profile.idempotency and message.effects > 1:
            self.blame(f"{message.token} had {message.effects} effects, and nothing went wrong")


def _token(entry: Entry) -> str:
    attributes = entry["MessageAttributes"]
    header = attributes.get("header", {}).get("StringValue", "")
    return token_of(entry["MessageBody"][:100], entry["MessageBody"][-100:], header)
