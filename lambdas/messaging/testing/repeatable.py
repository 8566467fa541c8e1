"""Whether a handler that runs again sends the same messages again."""

from collections.abc import Sequence

from contracts.message import Message as Contract
from messaging.consumer.consumer import Consumer
from messaging.consumer.execution.handling import run
from messaging.consumer.intake.triage import triage
from messaging.consumer.model.delivery import Claimed, Delivery, Handled
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Done, Requeue
from messaging.deadline import Interrupter
from messaging.sending.outgoing import OutgoingMessage
from messaging.settings import settings
from messaging.testing.differences import differences
from messaging.testing.events import FakeLambdaContext, sent
from messaging.testing.moto_state import MotoState
from messaging.testing.senders import Sender
from messaging.wire.decoding import Record
from messaging.wire.header import TAG, Header

# Seconds that the handler may take.
_LIMIT = 30.0


def assert_repeatable(
    consumer: Consumer, message: Contract, header: Header | None = None
) -> list[OutgoingMessage]:
    """Run the handler of `message` twice and return what it sends; nothing leaves.

    Before the second run moto's DynamoDB tables and S3 objects are put back. Raises AssertionError
    if the second run sends other messages, other bodies or other ids, or if the handler fails, with
    its error as the cause. A value that both runs compute alike, e.g. today's date, is not noticed.
    """
    record, before = _received(message, header), MotoState.now()
    first = _messages(consumer, record)
    before.put_back()
    second = _messages(consumer, record)
    before.put_back()
    if problems := _problems(first, second):
        what = f"the handler of {message.msg_tag} is not repeatable"
        raise AssertionError("\n".join([f"{what}: run again, it", *problems]))
    return first


def _received(message: Contract, header: Header | None) -> Record:
    """Return the record of a message as it is received: through a topic, or from the own queue."""
    own = settings().consumer
    enqueued = own is not None and message.msg_tag in own.enqueued
    return sent(message, header, sender=Sender.CONSUMER if enqueued else Sender.SNS)


def _messages(consumer: Consumer, record: Record) -> list[OutgoingMessage]:
    """Return what the handler sends."""
    invocation = consumer._invocation(FakeLambdaContext(_LIMIT))
    delivery = _claimed(record, invocation)
    if isinstance(delivery, Claimed):
        with Interrupter() as interrupter:
            delivery = run(delivery, invocation, _LIMIT, interrupter)
    _raise_unless_done(delivery)
    return list(delivery.messages)


def _claimed(record: Record, invocation: Invocation) -> Claimed | Handled:
    """Return the message as its handler gets it, with its replies counted."""
    delivery = triage(record, invocation)
    if isinstance(delivery, Handled):
        return delivery
    claimed = delivery.claimed(None)
    if not invocation.config.requests_table:
        return claimed
    from messaging.consumer.intake import replies

    (counted,) = replies.count([claimed], invocation)
    return counted


def _raise_unless_done(delivery: Delivery) -> None:
    assert isinstance(delivery, Handled)
    outcome = delivery.outcome
    if isinstance(outcome, Done):
        return
    why = outcome.reason if isinstance(outcome, DeadLetter) else outcome.why
    error = outcome.error if isinstance(outcome, DeadLetter | Requeue) else None
    raise AssertionError(f"the handler did not succeed: {why}") from error


def _problems(first: Sequence[OutgoingMessage], second: Sequence[OutgoingMessage]) -> list[str]:
    if [_what(each) for each in first] != [_what(each) for each in second]:
        return [f"  sends {_listed(second)}", f"  instead of {_listed(first)}"]
    return [
        line
        for position, (one, other) in enumerate(zip(first, second, strict=True), 1)
        for line in _changes(position, one, other)
    ]


def _changes(position: int, one: OutgoingMessage, other: OutgoingMessage) -> list[str]:
    """Return what differs between two messages of one kind."""
    changed = differences(_body(one), _body(other))
    if not changed and one.id != other.id:
        # Ids are derived from the body: where the body differs, this would be its consequence.
        changed = [f"its id: {one.id}, then {other.id}"]
    return [f"  sends as message {position}, {_what(one)}, {change}" for change in changed]


def _body(message: OutgoingMessage) -> str:
    return message.claim.body if message.claim else message.body


def _what(message: OutgoingMessage) -> str:
    return f"{message.attributes[TAG]['StringValue']} to {message.address.where}"


def _listed(messages: Sequence[OutgoingMessage]) -> str:
    return ", ".join(map(_what, messages)) or "nothing"
