"""What must hold for dead letters, and when a record is deleted."""

import json
from typing import Any

from tests.unit.messaging.invariant.invariants_sending import check_content, token_in
from tests.unit.messaging.invariant.ledger import Ledger
from tests.unit.messaging.invariant.process import Handed, Process
from tests.unit.messaging.invariant.queues import Queue, Stored

Entry = dict[str, Any]


def dead_letter_sent(ledger: Ledger, process: Process, entry: Entry, dead_letters: Queue) -> None:
    """A letter reaches the dead-letter queue."""
    if (stored := dead_letters.put(token_in(entry), entry)) is None:
        # Taken for the same letter as one before: all there is of it is that one.
        return
    _lies(ledger, stored)
    message = ledger.messages[stored.token]
    if message.dead:
        process.dead_letters.add(message.token)


def _lies(ledger: Ledger, stored: Stored) -> None:
    message, attributes = ledger.messages[stored.token], stored.attributes
    if "deadLetter" not in attributes:
        if stored.body == message.body:
            message.letters.add("body")
        return
    message.letters.add("explanation")
    why = json.loads(attributes["deadLetter"]["StringValue"])
    if not (why["reason"] and why["cause"] and why["requestId"]):
        ledger.blame(f"{message.token} is dead without a reason")
    if why["attempts"] > ledger.profile.max_attempts:
        ledger.blame(f"{message.token} is dead after {why['attempts']} attempts")
    if "explains" not in why:
        entry = {"MessageBody": stored.body, "MessageAttributes": attributes}
        check_content(ledger, message, entry, why.get("attributes", {}))
        message.letters.add("body")


def moved(ledger: Ledger, dead_letters: Queue) -> None:
    """SQS itself has moved what was received too often: as it is, with no explanation."""
    for stored in dead_letters.messages:
        if stored.receives:
            ledger.messages[stored.token].letters |= {"body", "explanation"}
            if stored.body not in ledger.messages[stored.token].bodies:
                ledger.blame(f"{stored.token} was moved without its body")


def acknowledged(ledger: Ledger, process: Process, handed: Handed) -> None:
    """SQS is told to delete a record: nothing may be lost by that."""
    message = ledger.messages[handed.token]
    safe = message.done or handed.token in process.copied | process.dead_letters
    # In a FIFO queue its letter may have been taken for the same one before.
    if not safe and not (message.dead and ledger.profile.fifo):
        ledger.blame(f"{handed.token} is acknowledged, but not done, requeued or dead-lettered")
