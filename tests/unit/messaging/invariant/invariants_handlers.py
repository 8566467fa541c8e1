"""What must hold when a handler starts."""

from tests.unit.messaging.invariant.ledger import Ledger
from tests.unit.messaging.invariant.message import Message
from tests.unit.messaging.invariant.process import Process, Run
from tests.unit.messaging.invariant.shapes import token_of


def started(ledger: Ledger, process: Process, token: str, attempt: int) -> Run:
    """A handler starts."""
    message = ledger.messages[token]
    message.attempts.append(attempt)
    if message.plan.invalid:
        ledger.blame(f"{token} was handled though it is {message.plan.shape}")
    if not 1 <= attempt <= ledger.profile.max_attempts:
        ledger.blame(f"{token} is handled as attempt {attempt} of {ledger.profile.max_attempts}")
    if ledger.quiet and ledger.now() < message.due - 1:
        ledger.blame(f"{token} comes {message.due - ledger.now():.0f} s too early")
    if attempt not in (each.attempt for each in process.of(token)):
        ledger.blame(f"{token} is told attempt {attempt}, but was {process.of(token)}")
    _check_order(ledger, message)
    run = Run(token=token, attempt=attempt, key=_key(ledger, process, token))
    if run.key:
        run.asked = process.asked[run.key]
        _check_once(ledger, process, run.key, token)
    process.runs.append(run)
    return run


def _key(ledger: Ledger, process: Process, token: str) -> str | None:
    if ledger.profile.guarantee == "at-least-once":
        return None
    found = [key for key in process.asked if token_of(key) == token]
    if not found:
        ledger.blame(f"{token} is handled though the table was not asked")
        return None
    return found[0]


def _check_order(ledger: Ledger, message: Message) -> None:
    """In a FIFO queue nobody overtakes who is neither done nor dead."""
    if not ledger.profile.fifo:
        return
    for other in ledger.messages.values():
        before = other.group == message.group and other.place < message.place
        if before and not other.done and not other.dead:
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
    if token in ledger.handled_now:
        ledger.blame(f"{token} is handled twice at the same time")


def effect(ledger: Ledger, run: Run) -> None:
    """A handler has its effect."""
    run.effect = True
    ledger.messages[run.token].effects += 1
