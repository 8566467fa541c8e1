"""Publishing to the service's own MsgOut: at once, or held back and sent in batches."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from contracts.message import Event, Message
from messaging import aws, batching, wire
from messaging.envelope import HEADER, RETRY, SENDER, TAG, Header
from messaging.errors import BudgetExceeded, InvalidMessage, PublishFailed
from messaging.limits import MAX_APPLICATION_ATTRIBUTES, MAX_TOPIC_BYTES
from messaging.settings import Settings, settings

_RESERVED: Final = frozenset({TAG, SENDER, HEADER, RETRY, "requestService", "deadLetter"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to leave: validated, within every limit, with its id."""

    id: str
    body: str
    attributes: wire.Attributes
    bytes: int

    def entry(self) -> dict[str, Any]:
        """Return it as an entry of PublishBatch."""
        return {"Message": self.body, "MessageAttributes": self.attributes}


def new_id() -> str:
    """Return a random message id."""
    return str(uuid.uuid4())


def derived_id(*parts: object) -> str:
    """Return the id that the same parts always give, so that a repeated handler sends the same ids
    again.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, ("waystation:", *parts)))))


def outgoing(event: Message, header: Header, config: Settings) -> Outgoing:
    """Return `event` ready to leave.

    Raises InvalidMessage when it does not fit its contract or this service may not publish it,
    BudgetExceeded when it has more attributes or bytes than SNS carries.
    """
    tag = event.msg_tag
    if tag not in config.publishes:
        raise InvalidMessage(
            f"{config.service} does not publish {tag}: add it to its `publishes` in the map"
        )
    body = _body(event)
    attributes = _application_attributes(event)
    attributes |= {TAG: wire.text(tag), SENDER: wire.text(config.service)}
    attributes[HEADER] = wire.text(wire.to_json(_completed(header, event, config)))
    size = wire.size(body, attributes)
    if size > MAX_TOPIC_BYTES:
        raise BudgetExceeded(
            f"{tag} has {size} bytes with its attributes; SNS carries {MAX_TOPIC_BYTES}"
        )
    return Outgoing(header.id, body, attributes, size)


def _completed(header: Header, event: Message, config: Settings) -> Header:
    return msgspec.structs.replace(
        header,
        source=f"/{config.stage}/{config.service}",
        type=event.msg_tag,
        time=header.time or datetime.now(UTC),
        dataschema=f"{event.msg_tag}/{event.version}",
    )


def _body(event: Message) -> str:
    body = wire.to_json(event)
    try:
        # A Struct does not check its fields when it is made; a receiver would refuse what is wrong
        # here.
        msgspec.json.decode(body, type=type(event))
    except msgspec.ValidationError as error:
        raise InvalidMessage(f"{event.msg_tag} does not fit its contract: {error}") from error
    return body


def _application_attributes(event: Message) -> wire.Attributes:
    names = event.attributes
    if len(names) > MAX_APPLICATION_ATTRIBUTES:
        raise BudgetExceeded(
            f"{event.msg_tag} declares {len(names)} attributes; {MAX_APPLICATION_ATTRIBUTES} fit"
        )
    if taken := _RESERVED & set(names):
        raise BudgetExceeded(
            f"{event.msg_tag} declares {sorted(taken)}, which the runtime needs for itself"
        )
    if not names:
        return {}
    values: dict[str, object] = msgspec.to_builtins(event)
    return {
        name: wire.attribute(name, values[name]) for name in names if values.get(name) is not None
    }


def publish(event: Event, *, correlation_id: str, message_id: str | None = None) -> str:
    """Publish `event` on the service's MsgOut now and return its message id.

    Raises InvalidMessage and BudgetExceeded before anything is sent, PublishFailed when SNS did not
    take it.
    """
    header = Header(id=message_id or new_id(), correlationid=correlation_id)
    message = outgoing(event, header, settings())
    if failed := send([message], settings().msg_out_arn):
        raise PublishFailed(f"{event.msg_tag} {message.id}: {failed[message.id]}")
    return message.id


def send(messages: Sequence[Outgoing], topic_arn: str) -> dict[str, str]:
    """Send messages in as few calls as their number and size allow; return why, by id, for each
    that did not leave.
    """
    sns = aws.client("sns")
    failed: dict[str, str] = {}

    def call(entries: list[dict[str, Any]]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = sns.publish_batch(
            TopicArn=topic_arn, PublishBatchRequestEntries=entries
        )
        return answer

    for chunk in batching.chunks(messages, lambda message: message.bytes, MAX_TOPIC_BYTES):
        failed.update(_by_id(chunk, batching.send([message.entry() for message in chunk], call)))
    return failed


def _by_id(chunk: Sequence[Outgoing], failed: Mapping[int, str]) -> Iterable[tuple[str, str]]:
    return ((chunk[position].id, why) for position, why in failed.items())
