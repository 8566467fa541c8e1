"""What must hold when a handler starts."""

import json

from messaging import Context
from tests.unit.messaging.invariant.forms import header_in
from tests.unit.messaging.invariant.invariants_sending import check_content
from tests.unit.messaging.invariant.ledger import Ledger
from tests.unit.messaging.invariant.message import Identity, Message
from tests.unit.messaging.invariant.process import Process, Run
from tests.unit.messaging.invariant.profiles import HOST_SKEW


def started(ledger: Ledger, process: Process, token: str, context: Context) -> Run:
    """A handler starts."""
    message, attempt = ledger.messages[token], context.attempt
    message.attempts.append(attempt)
    if message.must_die:
        ledger.blame(f"{token} was handled though it is {message.plan.shape}")
    if not 1 <= attempt <= ledger.profile.max_attempts:
        ledger.blame(f"{token} is handled as attempt {attempt} of {ledger.profile.max_attempts}")
    if ledger.quiet and ledger.now() < message.due - 1 - 2 * HOST_SKEW:
        ledger.blame(f"{token} comes {message.due - ledger.now():.0f} s too early")
    if attempt not in (each.attempt for each in process.of(token)):
        ledger.blame(f"{token} is told attempt {attempt}, but was {process.of(token)}")
    _check_seen(ledger, message, context)
    _check_order(ledger, process, message)
    identity = message.identity(context.message_id)
    run = Run(token=token, attempt=attempt, identity=identity, key=_key(ledger, process, identity))
    if run.key:
        run.asked = process.asked[run.key]
        _check_once(ledger, process, run.key, token)
    process.runs.append(run)
    return run


def _check_seen(ledger: Ledger, message: Message, context: Context) -> None:
    """A handler sees what was sent, however often the message was sent back since."""
    attributes = context._envelope.attributes
    check_content(ledger, message, context.body, attributes, read=True)
    if context.message_id != header_in(attributes).get("id", context.message_id):
        ledger.blame(f"{message.token} is told the id {context.message_id}")


def _key(ledger: Ledger, process: Process, identity: Identity) -> str | None:
    if ledger.profile.guarantee == "at-least-once":
        return None
    found = [key for key in process.asked if json.loads(key)[1:] == list(identity)]
    if not found:
        ledger.blame(f"{identity} is handled though the table was not asked")
        return None
    return found[0]


def _check_order(ledger: Ledger, process: Process, message: Message) -> None:
    """In a FIFO queue nobody overtakes who is neither done nor dead."""
    if not ledger.profile.fifo:
        return
    for other in ledger.messages.values():
        before = other.group == message.group and other.place < message.place
        ended = other.done or other.dead or other.token in process.dead_letters
        if before and other.waits and not ended:
            ledger.blame(f"{message.token} is handled before {other.token} of its group")


def _check_once(ledger: Ledger, process: Process, key: str, token: str) -> None:
    """A handler does not run again once its completion was noted before it asked; with a lease not
    even while it runs elsewhere.
    """
    noted = ledger.table.noted.get(key)
    if noted is not None and noted < process.asked[key]:
        ledger.blame(f"{token} is handled again though it is noted as done")
    if ledger.profile.guarantee == "completion":
        return
    if ledger.table.owners.get(key) is not process:
        ledger.blame(f"{token} is handled while the claim is somebody else's")
    if any(run.key == key for run in ledger.handled_now):
        ledger.blame(f"{token} is handled twice at the same time")


def effect(ledger: Ledger, run: Run) -> None:
    """A handler has its effect."""
    run.effect = True
    message = ledger.messages[run.token]
    message.effects += 1
    message.completed.append(run.sent)
