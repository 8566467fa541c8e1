"""Each consumer delays a message that came too early, and keeps one that it cannot read."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from ops.local.aws import Aws
from ops.polling import wait_until
from topology.model import Consumer, System

# Long enough to be early on a busy machine, when the function has started already.
EARLY = timedelta(seconds=5)


def delay_and_keep(aws: Aws, system: System, services: dict[str, Any]) -> None:
    """Send each consumer of a system a message that is due later, and whose body is no message."""
    found = list(_queues(system, services))
    # The first message is not early: it starts the function.
    for early in (timedelta(), EARLY):
        marks = [_send(aws, queues["queue"], consumer, early) for consumer, queues in found]
        for mark, (consumer, queues) in zip(marks, found, strict=True):
            reason = _reason(aws, queues["deadLetters"], mark)
            assert reason.startswith(f"the body is not a {consumer.messages[0].msg_tag}"), reason


def rejection(aws: Aws, queues: dict[str, str], msg_tag: str, body: str) -> str:
    """Send a message that its handler rejects to a standard queue; return the reason."""
    attributes: Any = {"msgTag": {"DataType": "String", "StringValue": msg_tag}}
    aws.sqs.send_message(QueueUrl=queues["queue"], MessageBody=body, MessageAttributes=attributes)
    return _reason(aws, queues["deadLetters"], body)


def _queues(system: System, services: dict[str, Any]) -> Iterator[tuple[Consumer, dict[str, str]]]:
    for service in system.services:
        for consumer in service.consumers:
            yield consumer, services[service.name]["consumers"][consumer.name]


def _send(aws: Aws, queue: str, consumer: Consumer, early: timedelta) -> str:
    mark, now = str(uuid.uuid4()), datetime.now(UTC)
    retry = {"attempt": 1, "firstreceived": now, "notbefore": now + early}
    texts = {
        "msgTag": consumer.messages[0].msg_tag,
        "retry": json.dumps(retry, default=datetime.isoformat),
    }
    order: Any = {"MessageGroupId": mark, "MessageDeduplicationId": mark} if consumer.fifo else {}
    aws.sqs.send_message(
        QueueUrl=queue,
        MessageBody=mark,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": text} for name, text in texts.items()
        },
        **order,
    )
    return mark


def _reason(aws: Aws, queue: str, mark: str) -> str:
    """Wait for a dead letter, remove it, and return its reason."""

    def find() -> Any:
        found = aws.sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=1,
            MessageAttributeNames=["All"],
        )
        return next((each for each in found.get("Messages", []) if each["Body"] == mark), None)

    letter = wait_until(find, "the dead letter")
    aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter["ReceiptHandle"])
    return str(json.loads(letter["MessageAttributes"]["deadLetter"]["StringValue"])["reason"])
