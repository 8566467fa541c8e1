"""What must hold at the end of an invocation, and when the queue is empty."""

from tests.unit.messaging.invariant.ledger import TRIES, Ledger
from tests.unit.messaging.invariant.message import Message
from tests.unit.messaging.invariant.process import Process, Run
from tests.unit.messaging.invariant.queues import MAX_RECEIVES


def ended(ledger: Ledger, process: Process) -> None:
    """An invocation is over: whatever is not noted has its reason."""
    if process.died:
        for token in {each.token for each in process.handed}:
            ledger.messages[token].deaths_around += 1
    for run in process.runs:
        if run.key is not None and not process.died:
            _check_noted(ledger, process, run, run.key)


def _check_noted(ledger: Ledger, process: Process, run: Run, key: str) -> None:
    # What DynamoDB leaves undone is asked for three times.
    undone = process.undone >= TRIES
    struck = process.hit & {"dynamodb", "sns", "s3"} or process.starved or undone
    noted = ledger.table.noted.get(key)
    if run.effect and not struck and (noted is None or noted < run.asked):
        ledger.blame(f"the effect of {run.token} was not noted, and no fault is to blame")
    claimed = ledger.table.owners.get(key) is process and (
        ledger.table.items.get(key, {}).get("status") == {"S": "claimed"}
    )
    late = run.left_behind or process.starved
    if claimed and not (late or undone or "dynamodb" in process.hit):
        ledger.blame(f"{run.token} is still claimed after its invocation")


def drained(ledger: Ledger) -> None:
    """The queue is empty: every message has its end."""
    for message in ledger.messages.values():
        if not message.done and not message.dead:
            ledger.blame(f"{message.token} is neither done nor dead: {message}")
        if message.must_die and not message.dead:
            ledger.blame(f"{message.token} is {message.plan.shape} and not dead")
        if ledger.calm:
            _check_calm(ledger, message)
        if ledger.quiet:
            _check_quiet(ledger, message)


def _check_quiet(ledger: Ledger, message: Message) -> None:
    """A message does not die of what others do to the process, unless they do it often."""
    plan = message.plan
    # A slow one may be short of time because of those before it, and that is an attempt.
    guilty = plan.invalid or plan.fails or plan.fat or plan.beyond or plan.seconds
    spared = message.deaths_around < ledger.profile.max_attempts and not ledger.profile.fifo
    if message.dead and spared and not guilty:
        ledger.blame(f"{message.token} is dead because of others: {message.attempts}")


def _check_calm(ledger: Ledger, message: Message) -> None:
    """Without any fault every message has the end that its plan says."""
    token, most = message.token, ledger.profile.max_attempts
    # In a FIFO queue the attempts of those before it count.
    ends_well = message.plan.ends_well(1 if ledger.profile.fifo else most)
    if ends_well and message.dead:
        ledger.blame(f"{token} is dead, and nothing was wrong with it: {message.attempts}")
    runs = message.plan.runs(most)
    if message.plan.fat:
        # In place it is received for each of its attempts, and SQS ends that.
        runs = min(runs, MAX_RECEIVES)
    if not ledger.profile.fifo and message.attempts != list(range(1, runs + 1)):
        ledger.blame(f"{token} was handled as attempts {message.attempts} of {runs}")
    if ledger.profile.guarantee != "at-least-once" and message.effects > 1:
        ledger.blame(f"{token} had {message.effects} effects, and nothing went wrong")
