"""What must hold for dead letters, and when a record is deleted."""

from typing import Any

from tests.unit.messaging.invariant.forms import document
from tests.unit.messaging.invariant.invariants_sending import check_content, token_in
from tests.unit.messaging.invariant.ledger import Ledger
from tests.unit.messaging.invariant.message import Message
from tests.unit.messaging.invariant.process import Handed, Process
from tests.unit.messaging.invariant.queues import Queue, Stored

Entry = dict[str, Any]


def dead_letter_sent(ledger: Ledger, process: Process, entry: Entry, dead_letters: Queue) -> None:
    """A letter reaches the dead-letter queue."""
    if (stored := dead_letters.put(token_in(entry), entry)) is None:
        # Taken for the same letter as one before, which lies there, or was sent back.
        process.dead_letters.add(token_in(entry))
        return
    message = ledger.messages[stored.token]
    message.letters |= parts(stored, message)
    _check_letter(ledger, process, message, stored)
    if message.dead:
        process.dead_letters.add(message.token)


def parts(stored: Stored, message: Message) -> set[str]:
    """Return what of a message a letter has."""
    if stored.receives:
        return {"body", "explanation"}
    if "deadLetter" not in stored.attributes:
        return {"body"} if stored.body in (body for body, _ in message.forms()) else set()
    return {"explanation"} if explains_another(stored) else {"body", "explanation"}


def explains_another(stored: Stored) -> bool:
    """Whether a letter is the explanation of another one, which had no room for it."""
    return "explains" in _why(stored)


def _why(stored: Stored) -> dict[str, Any]:
    return document(stored.attributes.get("deadLetter", {}).get("StringValue", "{}"))


def _check_letter(ledger: Ledger, process: Process, message: Message, stored: Stored) -> None:
    why = _why(stored)
    if not explains_another(stored):
        check_content(ledger, message, stored.body, stored.attributes)
    if not why:
        return
    if not (why["reason"] and why["cause"]) or why["requestId"] != process.request:
        ledger.blame(f"{message.token} is dead without the reason of this failure")
    if why["attempts"] > ledger.profile.max_attempts:
        ledger.blame(f"{message.token} is dead after {why['attempts']} attempts")
    if why["cause"] == "conflict" and message.token not in ledger.rivals:
        ledger.blame(f"{message.token} is in conflict, but no other body has its identity")


def moved(ledger: Ledger, dead_letters: Queue) -> None:
    """SQS itself has moved what was received too often: as it is, with no explanation."""
    for stored in dead_letters.messages:
        if stored.receives:
            message = ledger.messages[stored.token]
            message.letters |= parts(stored, message)
            if stored.body not in (body for body, _ in message.forms()):
                ledger.blame(f"{stored.token} was moved without its body")


def acknowledged(ledger: Ledger, process: Process, handed: Handed) -> None:
    """SQS is told to delete a record: nothing may be lost by that."""
    message = ledger.messages[handed.token]
    safe = message.done or handed.token in process.copied | process.dead_letters
    if not safe:
        ledger.blame(f"{handed.token} is acknowledged, but not done, requeued or dead-lettered")
