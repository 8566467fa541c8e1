"""What must hold for what the runtime sends to its own queue and to its topic."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from messaging.limits import MAX_ATTRIBUTES, MAX_BATCH_ENTRIES
from messaging.testing import state
from messaging.wire import encoding as wire
from tests.unit.messaging.invariant.ledger import TRIES, Ledger
from tests.unit.messaging.invariant.message import Message
from tests.unit.messaging.invariant.process import Process
from tests.unit.messaging.invariant.queues import Queue
from tests.unit.messaging.invariant.shapes import TOPIC_BYTES, token_of

Entry = dict[str, Any]


def check_publishing(ledger: Ledger, entries: Sequence[Entry]) -> None:
    """Refuse a batch that SNS refuses."""
    sizes = [wire.size(each["Message"], each["MessageAttributes"]) for each in entries]
    most = max(len(each["MessageAttributes"]) for each in entries)
    if len(entries) > MAX_BATCH_ENTRIES or sum(sizes) > TOPIC_BYTES or most > MAX_ATTRIBUTES:
        ledger.blame("SNS refuses this batch")


def published(ledger: Ledger, process: Process, entry: Entry) -> None:
    """SNS has taken a message."""
    header = state(entry["MessageAttributes"]["header"])
    token = token_of(header["causationid"])
    message = ledger.messages[token]
    message.published.add(header["id"])
    if not any(run.returned for run in process.runs_of(token)):
        ledger.blame(f"{token} published though its handler did not succeed")
    if len(message.published) > message.plan.publishes:
        ledger.blame(f"{token} published under different ids")


def copied(ledger: Ledger, process: Process, entry: Entry, queue: Queue) -> None:
    """A copy reaches the queue."""
    token = token_in(entry)
    message, attributes = ledger.messages[token], entry["MessageAttributes"]
    state = json.loads(attributes["retry"]["StringValue"])
    check_content(ledger, message, entry, state.get("attributes", {}))
    handed = [each.attempt for each in process.of(token)]
    may = _attempts_after(process, token, handed)
    if state["attempt"] not in may:
        ledger.blame(f"{token} was attempt {handed} and is copied as {state['attempt']}")
    process.copied.add(token)
    if process.runs_of(token):
        message.due = max(message.due, message.asked)
    queue.put(token, entry)


def _attempts_after(process: Process, token: str, handed: Sequence[int]) -> set[int]:
    """What the attempt number of a copy may be: one more if one was used up, else the same."""
    runs, same, next_one = process.runs_of(token), set(handed), {each + 1 for each in handed}
    struck = process.hit & {"s3", "dynamodb"} or process.undone >= TRIES
    if runs and len(handed) == 1:
        return next_one
    return same | next_one if runs or struck else same


def check_content(
    ledger: Ledger, message: Message, entry: Entry, inside: Mapping[str, Mapping[str, str]]
) -> None:
    """A copy is the message: its body and all its attributes, some perhaps `inside` another."""
    if entry["MessageBody"] not in message.bodies:
        ledger.blame(f"{message.token} has lost its body: {entry['MessageBody'][:100]}")
    kept = {**inside, **entry["MessageAttributes"]}
    for name, value in message.attributes.items():
        if name not in ("retry", "deadLetter") and kept.get(name) != value:
            ledger.blame(f"{message.token} has lost its attribute {name}")


def token_in(entry: Entry) -> str:
    """Return which message an entry is a copy of."""
    attributes = entry["MessageAttributes"]
    found = attributes.get("header", {})
    header = found.get("StringValue") or found.get("BinaryValue", b"").decode()
    return token_of(entry["MessageBody"][:100], entry["MessageBody"][-100:], header)
