"""Receiving from a queue, and what follows."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from messaging.aws import clients as aws
from messaging.testing.message import Message


def receive(url: str, most: int = 10) -> list[Message]:
    """Return up to `most` (1 to 10) visible messages with all attributes."""
    response = aws.client("sqs").receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=most,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )
    return [Message(message) for message in response.get("Messages", ())]


def delete(url: str, messages: Sequence[Message]) -> None:
    """Delete received messages."""
    for message in messages:
        aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def take(url: str) -> list[Message]:
    """Receive and delete all visible messages; return them."""
    taken: list[Message] = []
    while messages := receive(url):
        delete(url, messages)
        taken += messages
    return taken


def expire_visibility(url: str, messages: Iterable[Message]) -> None:
    """Make every received message visible that is still in the queue."""
    client = aws.client("sqs")
    for message in messages:
        # SQS refuses this for a message that has been deleted.
        with suppress(client.exceptions.ClientError):
            client.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
