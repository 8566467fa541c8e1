"""The account: what became of every message, and a reason for whatever happened more than once."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from messaging.conversation.context import Context
from messaging.settings import ConsumerSettings, Settings
from messaging.wire.envelope import Envelope
from messaging.wire.header import Header
from tests.flows.chaos import reasons
from tests.flows.chaos.lambdas.chaos_desk.handler import FollowUp, Task
from tests.flows.chaos.records import Evidence, Message
from tests.flows.chaos.system import RETRY

# Why a message that should end well may be dead all the same: its attempts went to faults.
_BY_FAULTS: Final = frozenset({"attempts", "crash", "maxReceiveCount"})
_CAUSES: Final = {"reject": {"rejected"} | _BY_FAULTS}


@dataclass
class Account:
    """The result. `twice` and `both` name the reasons of messages that had more than one end."""

    messages: int = 0
    follow_ups: int = 0
    processed: int = 0
    once: int = 0
    only_dead: int = 0
    dead: Counter[str] = field(default_factory=Counter)
    dead_as_planned: int = 0
    twice: dict[str, list[str]] = field(default_factory=dict)
    both: dict[str, str] = field(default_factory=dict)
    more_letters: int = 0
    most_attempts: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing is lost and nothing lacks a reason."""
        every = self.processed + self.only_dead == self.messages + self.follow_ups
        return every and not self.problems


class Auditor:
    """Judges every message by the evidence."""

    def __init__(self, evidence: Evidence, killed: Collection[int], topic: str) -> None:
        """Begin an empty account; follow-ups are published on `topic`."""
        self._evidence, self._pids, self._topic = evidence, frozenset(killed), topic
        self.account = Account()

    def audit(self, tasks: Mapping[str, Task]) -> Account:
        """Judge every task, and the follow-up of each that had to publish one."""
        account, known = self.account, set(tasks)
        for message_id, task in tasks.items():
            found = self._evidence.messages.get(message_id, Message())
            self._judge(message_id, found, task.todo)
            if task.todo == "publish":
                known.add(follow_up := _follow_up_of(message_id, task, self._topic))
                self._follow_up(follow_up, processed=_processed(found))
        account.messages = len(tasks)
        strangers = set(self._evidence.messages) - known
        account.problems += [f"{each}: nobody sent it" for each in strangers]
        account.problems += self._too_many_timeouts()
        return account

    def _follow_up(self, message_id: str, *, processed: bool) -> None:
        if processed or message_id in self._evidence.messages:
            self.account.follow_ups += 1
            found = self._evidence.messages.get(message_id, Message())
            self._judge(message_id, found, "succeed")

    def _judge(self, message_id: str, found: Message, todo: str) -> None:
        account, processed = self.account, _processed(found)
        account.problems += [f"{message_id} ({todo}): {text}" for text in _wrong(found, todo)]
        account.processed += processed
        account.once += processed and found.effects == 1
        account.only_dead += bool(found.letters) and not processed
        runs = [line.attempt for line in found.lines]
        account.most_attempts = max([account.most_attempts, *runs])
        if found.letters:
            self._count_letters(message_id, found, todo)
        if found.effects > 1:
            self._explain(message_id, found, spare=1)
        elif found.effects and not processed:
            self._explain(message_id, found, spare=0)

    def _count_letters(self, message_id: str, found: Message, todo: str) -> None:
        account, causes = self.account, {letter.cause for letter in found.letters}
        account.more_letters += len(found.letters) - 1
        for cause in causes:
            account.dead[cause] += 1
        as_planned = causes == {"attempts"} if todo == "always" else causes == {"rejected"}
        account.dead_as_planned += as_planned and todo in ("always", "reject")
        if _processed(found):
            reason = reasons.copied(found, self._evidence, self._pids)
            account.both[message_id] = reason or "?"
            if not reason:
                account.problems.append(f"{message_id}: processed and dead, without a reason")

    def _explain(self, message_id: str, found: Message, spare: int) -> None:
        """Find a reason for each effect but the last, or but none where it never was processed."""
        account = self.account
        why = [
            reason
            for run in found.runs
            if (reason := reasons.again(run, found, self._evidence, self._pids))
        ]
        if found.effects != len(found.runs):
            account.problems.append(f"{message_id}: {found.effects} effects in {found.runs}")
        if len(why) < len(found.runs) - spare:
            account.problems.append(f"{message_id}: effects without a reason: {found}")
        if found.effects > 1:
            account.twice[message_id] = why

    def _too_many_timeouts(self) -> Iterator[str]:
        """Yield a problem where invocations have no end that the emulator did not end either."""
        dead = [each for each in self._evidence.invocations.values() if not each.ended]
        late = sum(each.pid not in self._pids for each in dead)
        if late > self._evidence.timeouts:
            yield f"{late} invocations never ended; the emulator ended {self._evidence.timeouts}"


def _follow_up_of(message_id: str, task: Task, topic: str) -> str:
    """Return the id that every run of the task's handler gives the follow-up."""
    envelope = Envelope(
        body="",
        attributes={},
        tag=Task.msg_tag,
        header=Header(id=message_id),
        attempt=1,
        first_received=datetime.now(UTC),
    )
    consumer = ConsumerSettings(name="work", queue_url="", dead_letter_queue_url="")
    config = Settings(
        stage="",
        service="ChaosDesk",
        msg_out_arn=topic,
        publishes=(FollowUp.msg_tag,),
        consumer=consumer,
    )
    return Context(envelope, task, config, [], 0).publish(FollowUp(of=message_id))


def _processed(found: Message) -> bool:
    # One that died after it had noted the completion logs nothing; its next receipt is skipped.
    return any(line.event in ("processed", "skipped") for line in found.lines)


def _wrong(found: Message, todo: str) -> Iterator[str]:
    """Yield what must never be."""
    causes = {letter.cause for letter in found.letters}
    if not causes and not _processed(found):
        yield f"lost, after {[line.event for line in found.lines]}, {found.effects} effects"
    if _processed(found) and not found.effects:
        yield "processed without an effect"
    if todo in ("always", "reject") and found.effects:
        yield f"{found.effects} effects of a message that must not have any"
    if odd := causes - _CAUSES.get(todo, _BY_FAULTS):
        yield f"dead for the wrong reason: {sorted(odd)}"
    if any(not letter.reason for letter in found.letters):
        yield "dead without a reason"
    if (most := max((line.attempt for line in found.lines), default=0)) > RETRY.max_attempts:
        yield f"attempt {most} of {RETRY.max_attempts}"
