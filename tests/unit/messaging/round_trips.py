"""Messages of every form that SQS delivers, and the ways that they can take."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from messaging.consumer.model.delivery import Delivery
from messaging.consumer.model.invocation import Invocation
from messaging.consumer.model.outcome import DeadLetter, Requeue
from messaging.consumer.settlement.dead_letter import dead_letter
from messaging.consumer.settlement.entries import Entry
from messaging.consumer.settlement.retry_copy import retry_copy
from messaging.deadline import Deadline
from messaging.limits import MAX_ATTRIBUTES, MAX_QUEUE_BYTES, MAX_TOPIC_BYTES
from messaging.sending.address import Address
from messaging.sending.compose import forwarded
from messaging.testing import FakeLambdaContext, Sender, consumer_settings, record
from messaging.wire import encoding as wire
from messaging.wire.decoding import open_record
from messaging.wire.envelope import Envelope
from messaging.wire.header import Header
from tests.unit.messaging.sending_service import PackOrder

OWN: Final = frozenset({"msgTag", "fromService", "requestService", "header"})
SETTINGS: Final = consumer_settings()
assert SETTINGS.consumer is not None
INVOCATION: Final = Invocation(
    config=SETTINGS,
    consumer=SETTINGS.consumer,
    handlers={},
    non_retryable=(),
    request_id="request-1",
    deadline=Deadline.of(FakeLambdaContext()),
    now=datetime.now(UTC),
)


@dataclass(frozen=True)
class InQueue:
    """A message in a queue. `id` is the id by which its handler knows it, once it is fixed."""

    body: str
    attributes: wire.Attributes
    system: Mapping[str, str] = field(default_factory=dict)
    sender: str = Sender.SNS
    sqs_id: str = "m"
    receives: int = 1
    id: str | None = None

    def record(self) -> dict[str, Any]:
        """Return it as a record of an event."""
        return record(
            self.body,
            self.attributes,
            sqs_id=self.sqs_id,
            receive_count=self.receives,
            sender=self.sender,
            system=self.system,
        )

    def envelope(self) -> Envelope:
        """Return what the consumer reads."""
        return open_record(self.record(), senders=INVOCATION.consumer.senders)

    def delivery(self) -> Delivery:
        """Return it as received."""
        return Delivery(record=self.record(), envelope=self.envelope())

    def sent_again(self, entry: Entry, sender: str) -> "InQueue":
        """Return the message that an entry puts into a queue."""
        check(entry)
        assert entry.get("MessageGroupId") == self.system.get("MessageGroupId")
        trace = entry.get("MessageSystemAttributes", {}).get("AWSTraceHeader", {})
        assert trace.get("StringValue") == self.system.get("AWSTraceHeader")
        return InQueue(
            body=entry["MessageBody"],
            attributes=entry["MessageAttributes"],
            system=self.system,
            sender=sender,
            sqs_id=f"{self.sqs_id}+",
        )


def check(entry: Entry) -> None:
    """Fail for an entry that SQS would refuse."""
    attributes = entry["MessageAttributes"]
    assert len(attributes) <= MAX_ATTRIBUTES
    assert wire.size(entry["MessageBody"], attributes) <= MAX_QUEUE_BYTES
    for name, value in attributes.items():
        assert wire.is_attribute(name, value), (name, value)


Step = Callable[[InQueue], InQueue]


def requeue(message: InQueue) -> InQueue:
    """Fail the message: a copy, or the same message again where a copy would not fit."""
    return _again(
        message,
        Requeue(
            attempt=message.envelope().attempt + 1,
            delay=1,
            why="x" * 300,
            error=ConnectionError("x" * 300),
        ),
    )


def release(message: InQueue) -> InQueue:
    """Do not start the message."""
    return _again(message, Requeue(attempt=message.envelope().attempt, delay=0, why="no time"))


def _again(message: InQueue, outcome: Requeue) -> InQueue:
    delivery = message.delivery()
    if delivery.in_place:
        return replace(message, receives=message.receives + 1)
    return message.sent_again(retry_copy(delivery, message.envelope(), outcome), Sender.CONSUMER)


def redrive(message: InQueue, sender: str) -> InQueue:
    """Dead-letter the message, and send its dead letter to the queue again."""
    error = ValueError("it failed " * 300)
    outcome = DeadLetter(reason="all attempts failed " * 30, error=error, cause="attempts")
    *why, letter = dead_letter(message.delivery(), outcome, INVOCATION)
    for entry in why:
        check(entry)
    explained = (why or [letter])[0]["MessageAttributes"]["deadLetter"]["StringValue"]
    explanation = msgspec.json.decode(explained)
    assert explanation["cause"] == "attempts"
    assert not OWN & set(explanation.get("attributes", {})), "these never leave their place"
    assert "deadLetter" not in explanation.get("attributes", {}), "it explains one failure"
    return message.sent_again(letter, sender)


def by_hand(message: InQueue) -> InQueue:
    """Have an operator send the dead letter's body and attributes to the queue."""
    return redrive(message, Sender.OPERATOR)


def by_account(message: InQueue) -> InQueue:
    """Have the account itself do so."""
    return redrive(message, "123456789012")


def by_aws(message: InQueue) -> InQueue:
    """Have SQS move the dead letter, which keeps its sender."""
    return redrive(message, Sender.CONSUMER)


def forward(message: InQueue) -> InQueue:
    """Forward the message through SNS; as it is where a topic has no room for it, or takes no text
    of it.
    """
    envelope, header = message.envelope(), Header(id="forwarded")
    topic = Address("topic", "arn:aws:sns:eu-central-1:123456789012:Test-MsgIn")
    size = wire.size(envelope.body, envelope.attributes) + 1_000
    own = [name for name in envelope.attributes if name not in OWN - {"msgTag"}]
    if size > MAX_TOPIC_BYTES or len(own) > MAX_ATTRIBUTES - 2:
        return message
    kept = [envelope.attributes[name] for name in own]
    if not all(wire.is_filterable(a["StringValue"]) for a in kept if a["DataType"] == "String"):
        return message
    sent = forwarded(envelope, PackOrder(), header, SETTINGS, topic)
    check({"MessageBody": sent.body, "MessageAttributes": sent.attributes})
    return InQueue(body=sent.body, attributes=sent.attributes, system=message.system, sqs_id="f")


STEPS: Final[tuple[Step, ...]] = (requeue, release, by_hand, by_account, by_aws, forward)

# Every character that SQS accepts.
_CHARACTERS: Final = st.characters(
    exclude_categories=["Cs"],
    exclude_characters=[chr(n) for n in range(32) if n not in (9, 10, 13)] + ["\ufffe", "\uffff"],
)
_TEXTS: Final = st.text(_CHARACTERS, min_size=1, max_size=30) | st.sampled_from(
    [" ", "\t", "0", "null", "false", "[]", "{}", '""', "\u00a0", "\u2028", '"' * 50]
)
_LABELS: Final = st.sampled_from(["", ".custom", ".java.lang.Long", ".gif", ".Array"])
_NUMBERS: Final = st.sampled_from(["0", "-0", "5", "2.50", "1e10", "-3.5E-2", "0" * 38])


def _attribute(wrapped: bool) -> st.SearchStrategy[dict[str, Any]]:
    labels = st.just("") if wrapped else _LABELS

    def of(kind: str, key: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.builds(
            lambda label, value: {"DataType": kind + label, key: value}, labels, values
        )

    return (
        of("String", "StringValue", _TEXTS)
        | of("Number", "StringValue", _NUMBERS)
        | of("Binary", "BinaryValue", st.binary(min_size=1, max_size=30))
    )


_HEADERS: Final = st.sampled_from(
    [
        None,
        '{"id":"h"}',
        ' { "id" : "h", "unknown": [1, {"\\u00e4": 2e1}],\n"hops":3, "type" :"PackOrder"}',
        '{"id":"h","source":"/test/Shop","expires":"2999-01-01T00:00:00+02:00"}',
    ]
)
_NAMES: Final = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,20}", fullmatch=True).filter(
    lambda name: name not in {*OWN, "retry", "deadLetter"}
)
_FILLS: Final = st.sampled_from(["x", '"', "\t", "ß", "\u2028", "\U0001f6a2"])
# Bytes that a message has less than SQS allows.
_SPARE: Final = st.sampled_from([0, 1, 100, 1_000, 3_000, 8_000, 8_192, 8_300, 20_000])


@st.composite
def messages(draw: st.DrawFn) -> InQueue:
    """Draw a message as it arrives first."""
    wrapped, tag = draw(st.booleans()), {"DataType": "String", "StringValue": "PackOrder"}
    attributes: wire.Attributes = {
        "msgTag": tag
        if wrapped
        else draw(st.sampled_from([tag, {"DataType": "String.custom", "StringValue": "PackOrder"}]))
    }
    if draw(st.booleans()):
        attributes["fromService"] = wire.text("Shop")
    if header := draw(_HEADERS):
        # Binary, or a text: as version 0.2.0 sent it.
        as_bytes = draw(st.booleans())
        attributes["header"] = wire.binary(header.encode()) if as_bytes else wire.text(header)
    more = draw(st.dictionaries(_NAMES, _attribute(wrapped), max_size=9))
    for name in list(more)[: MAX_ATTRIBUTES - len(attributes)]:
        attributes[name] = more[name]
    system = {}
    if draw(st.booleans()):
        system = {
            "MessageGroupId": "group",
            "AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
        }
    body = draw(st.sampled_from(['{"id":"1"}', ' {"id" :"1"}\n', "\u2028", "not JSON at all"]))
    if wrapped:
        return InQueue(notification(body, attributes), {}, system)
    if draw(st.integers(0, 3)) == 0:
        body, attributes = _filled(
            body, attributes, draw(_FILLS), draw(_SPARE), draw(st.booleans())
        )
    return InQueue(body, attributes, system)


def _filled(
    body: str, attributes: wire.Attributes, fill: str, spare: int, in_body: bool
) -> tuple[str, wire.Attributes]:
    """Return a message that has as many bytes as SQS allows, less `spare`."""
    full = (
        {**attributes, "fill": wire.text("x")} if len(attributes) < MAX_ATTRIBUTES else attributes
    )
    room = MAX_QUEUE_BYTES - spare - wire.size(body, full)
    filling = fill * (room // len(fill.encode())) + "x" * (room % len(fill.encode()))
    if in_body or "fill" not in full:
        return body + filling, full
    return body, {**full, "fill": wire.text("x" + filling)}


def notification(body: str, attributes: wire.Attributes) -> str:
    """Return a message as SNS wraps it."""
    inner = {
        name: {
            "Type": value["DataType"],
            "Value": value["StringValue"]
            if "StringValue" in value
            else base64.b64encode(value["BinaryValue"]).decode(),
        }
        for name, value in attributes.items()
    }
    return json.dumps(
        {
            "Type": "Notification",
            "TopicArn": "arn:aws:sns:eu-central-1:123456789012:topic",
            "Message": body,
            "MessageAttributes": inner,
        }
    )
