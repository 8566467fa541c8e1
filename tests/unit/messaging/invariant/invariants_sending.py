"""What must hold for what the runtime sends to its own queue and to its topic."""

from collections.abc import Sequence
from typing import Any

from messaging.limits import MAX_ATTRIBUTES, MAX_BATCH_ENTRIES
from messaging.wire import encoding as wire
from tests.unit.messaging.invariant.forms import content, document, header_in
from tests.unit.messaging.invariant.ledger import TRIES, Ledger
from tests.unit.messaging.invariant.message import Message
from tests.unit.messaging.invariant.process import Process, Run
from tests.unit.messaging.invariant.queues import Queue
from tests.unit.messaging.invariant.shapes import TOPIC_BYTES, token_of

Entry = dict[str, Any]


def check_publishing(ledger: Ledger, entries: Sequence[Entry]) -> None:
    """Refuse a batch that SNS refuses."""
    sizes = [wire.size(each["Message"], each["MessageAttributes"]) for each in entries]
    most = max(len(each["MessageAttributes"]) for each in entries)
    if len(entries) > MAX_BATCH_ENTRIES or sum(sizes) > TOPIC_BYTES or most > MAX_ATTRIBUTES:
        ledger.blame("SNS refuses this batch")


def sent(ledger: Ledger, run: Run, part: str, message_group: str, id_: str) -> None:
    """A handler sends a message, which is to leave later."""
    equal = sum(each.part == part for each in run.sends)
    what = (run.identity, part, equal)
    run.send(part, message_group, id_)
    if ledger.ids.setdefault(what, id_) != id_:
        ledger.blame(f"{run.token} sends part {part} again, under another id")
    if ledger.sent.setdefault(id_, what) != what:
        ledger.blame(f"{run.token} sends {part} with the id of {ledger.sent[id_]}")


def published(ledger: Ledger, process: Process, entry: Entry) -> None:
    """SNS has taken a message."""
    id_ = header_in(entry["MessageAttributes"])["id"]
    runs = [run for run in process.runs if run.returned and id_ in run.sent]
    if not runs:
        ledger.blame(f"{id_} is published, but no handler that succeeded has sent it")
        return
    left = ledger.messages[runs[0].token].left
    if ledger.profile.fifo:
        _check_fifo(ledger, id_, entry)
        if not any(run.before(id_) <= left for run in runs):
            ledger.blame(
                f"{runs[0].token} published {id_} before the one before it in its message group"
            )
    left.add(id_)


def _check_fifo(ledger: Ledger, id_: str, entry: Entry) -> None:
    """SNS takes for copies of each other what has one deduplication id."""
    key = entry["MessageDeduplicationId"]
    if ledger.deduplicated.setdefault(key, id_) != id_:
        ledger.blame(f"{id_} would be taken for a copy of {ledger.deduplicated[key]}")


def noted(ledger: Ledger, process: Process, key: str) -> None:
    """A message is noted as done."""
    runs = [run for run in process.runs if run.key == key and run.effect]
    if not any(run.sent <= ledger.messages[run.token].left for run in runs):
        ledger.blame(f"{key} is noted as done, but not all that it sent has left")


def copied(ledger: Ledger, process: Process, entry: Entry, queue: Queue) -> None:
    """A copy reaches the queue."""
    token = token_in(entry)
    message, attributes = ledger.messages[token], entry["MessageAttributes"]
    state = document(attributes["retry"]["StringValue"])
    check_content(ledger, message, entry["MessageBody"], attributes)
    if "header" not in attributes:
        ledger.blame(f"{token} is copied without its id")
    handed = [each.attempt for each in process.of(token)]
    may = _attempts_after(process, token, handed)
    if state["attempt"] not in may:
        ledger.blame(f"{token} was attempt {handed} and is copied as {state['attempt']}")
    process.copied.add(token)
    if process.runs_of(token):
        message.due = max(message.due, message.asked)
    if stored := queue.put(token, entry):
        message.stored.append(stored)


def _attempts_after(process: Process, token: str, handed: Sequence[int]) -> set[int]:
    """What the attempt number of a copy may be: one more if one was used up, else the same."""
    runs, same, next_one = process.runs_of(token), set(handed), {each + 1 for each in handed}
    struck = process.hit & {"s3", "dynamodb"} or process.undone >= TRIES
    if runs and len(handed) == 1:
        return next_one
    return same | next_one if runs or struck else same


def check_content(
    ledger: Ledger, message: Message, body: str, attributes: wire.Attributes, *, read: bool = False
) -> None:
    """A copy is the message: its body and its attributes, byte for byte and no others, some perhaps
    packed in the runtime's state. A message without a header is given one. A handler has `read` the
    body of a claim check.
    """
    kept = content(attributes, message.plan.sender.CONSUMER)
    forms = list(message.forms())
    header = kept.get("header")
    if header and not any("header" in form for _, form in forms):
        kept.pop("header")
        if header_in(attributes)["id"] not in message.own_ids:
            ledger.blame(f"{message.token} was given the header {header}")
    read_elsewhere = read and message.plan.shape == "claim"
    if (body, kept) not in forms and not (read_elsewhere and kept == forms[0][1]):
        names = [
            name for name in {*kept, *forms[-1][1]} if kept.get(name) != forms[-1][1].get(name)
        ]
        ledger.blame(f"{message.token} is not what it was: {body[:100]} {names}")


def token_in(entry: Entry) -> str:
    """Return which message an entry is a copy of."""
    attributes, body = entry["MessageAttributes"], entry["MessageBody"]
    return token_of(body[:100], body[-100:], str(header_in(attributes).get("id", "")))
