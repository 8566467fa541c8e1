"""Publishing to the service's own MsgOut: at once, or held back and sent in batches."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from contracts.message import Event, Message
from messaging import aws, batching, wire
from messaging.claimcheck import Claim
from messaging.envelope import HEADER, SENDER, TAG, Header
from messaging.errors import BudgetExceeded, InvalidMessage, PublishFailed
from messaging.limits import MAX_APPLICATION_ATTRIBUTES, MAX_TOPIC_BYTES, RESERVED_ATTRIBUTES
from messaging.settings import Settings, settings

# SNS and SQS: characters of a message group's id.
_MAX_GROUP: Final = 128


class Outgoing(msgspec.Struct, frozen=True):
    """A message ready to leave: validated, within every limit, with its id."""

    id: str
    body: str
    attributes: wire.Attributes
    bytes: int
    group: str | None = None
    claim: Claim | None = None

    def entry(self, fifo: bool) -> dict[str, Any]:
        """Return it as an entry of PublishBatch, for a FIFO topic or a standard one."""
        entry: dict[str, Any] = {"Message": self.body, "MessageAttributes": self.attributes}
        if self.group:
            # On a standard queue it keeps one noisy group from delaying the others (fair queues).
            entry["MessageGroupId"] = self.group
        return {**entry, "MessageDeduplicationId": self.id} if fifo else entry


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
    message = _sized(body, header, event, config)
    if message.bytes > MAX_TOPIC_BYTES and config.claims_bucket:
        claim = Claim(config.claims_bucket, f"{tag}/{header.id}.json", body)
        referring = msgspec.structs.replace(header, dataref=claim.uri)
        message = msgspec.structs.replace(_sized("{}", referring, event, config), claim=claim)
    if message.bytes > MAX_TOPIC_BYTES:
        raise BudgetExceeded(
            f"{tag} has {message.bytes} bytes with its attributes; SNS carries {MAX_TOPIC_BYTES}. "
            "A service with `claim_check=True` in the map sends larger bodies through S3"
        )
    return message


def _sized(body: str, header: Header, event: Message, config: Settings) -> Outgoing:
    attributes = _application_attributes(event)
    attributes |= {TAG: wire.text(event.msg_tag), SENDER: wire.text(config.service)}
    attributes[HEADER] = wire.text(wire.to_json(_completed(header, event, config)))
    return Outgoing(header.id, body, attributes, wire.size(body, attributes), _group(event))


def _group(event: Message) -> str | None:
    if not event.group:
        return None
    value = str(msgspec.to_builtins(event)[event.group])
    # SNS takes 128 printable ASCII characters; anything else becomes its digest.
    if len(value) <= _MAX_GROUP and value.isascii() and value.isprintable() and " " not in value:
        return value
    return derived_id(value)


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
    if taken := RESERVED_ATTRIBUTES & set(names):
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
    """Send messages in as few calls as their number and size allow.

    Returns why, by id, for each that did not leave.
    """
    failed = _check_in(messages)
    ready = [message for message in messages if message.id not in failed]
    fifo = topic_arn.endswith(".fifo")

    def call(entries: list[dict[str, Any]]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = aws.client("sns").publish_batch(
            TopicArn=topic_arn, PublishBatchRequestEntries=entries
        )
        return answer

    for chunk in batching.chunks(ready, lambda message: message.bytes, MAX_TOPIC_BYTES):
        unsent = batching.send([message.entry(fifo) for message in chunk], call)
        failed.update((chunk[position].id, why) for position, why in unsent.items())
    return failed


def _check_in(messages: Sequence[Outgoing]) -> dict[str, str]:
    """Store the bodies that are too large to travel; return why for each that could not be."""
    failed: dict[str, str] = {}
    for message in messages:
        try:
            if message.claim:
                message.claim.check_in()
        except Exception as error:  # noqa: BLE001 - whatever it was, the message cannot leave
            failed[message.id] = f"{type(error).__name__}: {error}"
    return failed
