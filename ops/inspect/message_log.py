"""Reading what became of messages: from the logs of the consumers and from their queues."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ops.local.aws import Aws

# The runtime's log events that end a message's way through a consumer.
FINAL: Final = frozenset({"processed", "skipped", "dead-lettered"})


@dataclass(frozen=True)
class Seen:
    """One line of a consumer's log. `time` in epoch seconds; a direct call has no attempts."""

    service: str
    correlation_id: str
    event: str
    attempt: int
    time: float
    tag: str
    message_id: str
    causation_id: str | None


def lines(aws: Aws, services: dict[str, Any], since: float) -> list[Seen]:
    """Return what all consumers logged about messages since a time in epoch seconds."""
    return [
        seen
        for service, found in services.items()
        for consumer in found["consumers"].values()
        for seen in _lines(aws, service, consumer["logGroup"], since)
    ]


def _lines(aws: Aws, service: str, group: str, since: float) -> Iterator[Seen]:
    pages = aws.logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(since * 1000)
    )
    for page in pages:
        for event in page["events"]:
            for line in event["message"].splitlines():
                if seen := _read(service, line, event["timestamp"] / 1000):
                    yield seen


def _read(service: str, line: str, time: float) -> Seen | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or not {"correlationId", "messageId"} <= entry.keys():
        return None
    return Seen(
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
    """Return the explanations of the dead letters in a queue, and leave them there."""
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
            found[message["MessageId"]] = _explanation(message)


def _explanation(message: Any) -> dict[str, Any]:
    attributes = message.get("MessageAttributes", {})
    told = {
        name: json.loads(attributes[name]["StringValue"])
        for name in ("deadLetter", "header")
        if name in attributes
    }
    correlation_id = told.get("header", {}).get("correlationid")
    return {"correlationId": correlation_id, **told.get("deadLetter", {"reason": "not explained"})}
