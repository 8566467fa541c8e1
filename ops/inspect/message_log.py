"""What became of messages: the log entries of the consumers, and the dead letters."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ops.local.aws import Aws

# The log events after which a consumer has settled a message.
FINAL: Final = frozenset({"processed", "skipped", "dead-lettered"})


@dataclass(frozen=True)
class LogEntry:
    """One line of a consumer's log. `time` in epoch seconds; `attempt` is 1 for an invocation."""

    service: str
    correlation_id: str
    event: str
    attempt: int
    time: float
    tag: str
    message_id: str
    causation_id: str | None


def entries(aws: Aws, services: dict[str, Any], since: float) -> list[LogEntry]:
    """Return what all consumers logged about messages since a time in epoch seconds."""
    return [
        entry
        for service, found in services.items()
        for consumer in found["consumers"].values()
        for entry in _entries(aws, service, consumer["logGroup"], since)
    ]


def _entries(aws: Aws, service: str, group: str, since: float) -> Iterator[LogEntry]:
    pages = aws.logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(since * 1000)
    )
    for page in pages:
        for event in page["events"]:
            for line in event["message"].splitlines():
                if entry := _parse(service, line, event["timestamp"] / 1000):
                    yield entry


def _parse(service: str, line: str, time: float) -> LogEntry | None:
    """Return the entry of a line about a message, None for any other line."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or not {"correlationId", "messageId"} <= entry.keys():
        return None
    return LogEntry(
        service=service,
        correlation_id=entry["correlationId"],
        event=entry["event"],
        attempt=entry.get("attempt", 1),
        time=time,
        tag=entry["msgTag"],
        message_id=entry["messageId"],
        causation_id=entry.get("causationId"),
    )


def dead_letters(aws: Aws, queue: str) -> list[dict[str, Any]]:
    """Return the `deadLetter` attribute of each message of a queue; the messages stay there."""
    found: dict[str, dict[str, Any]] = {}
    while True:
        messages = aws.sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            # Hidden for a moment, so that the next call returns others.
            VisibilityTimeout=2,
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        fresh = [message for message in messages if message["MessageId"] not in found]
        if not fresh:
            return list(found.values())
        for message in fresh:
            found[message["MessageId"]] = _dead_letter(message)


def _dead_letter(message: Any) -> dict[str, Any]:
    attributes = message.get("MessageAttributes", {})
    failure = _document(attributes.get("deadLetter"))
    if not failure:
        failure = {"reason": "the message has no attribute deadLetter"}
    return {"correlationId": _document(attributes.get("header")).get("correlationid"), **failure}


def _document(attribute: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the JSON object in an attribute, a text or bytes; {} where there is none: the header
    of a dead letter may be invalid.
    """
    if attribute is None:
        return {}
    try:
        found = json.loads(attribute.get("StringValue") or attribute["BinaryValue"])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
