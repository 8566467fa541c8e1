"""Who sent an SQS message: the `SenderId` that AWS would write, which moto does not."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from messaging.aws import clients as aws

# The role id of the consumer under test.
OWN_ROLE: Final = "AROA0CONSUMER0TEST000"


class Sender(StrEnum):
    """The `SenderId` of messages: SNS's own principal, whoever published; the consumer under test;
    and a person with a role, e.g. who sends a dead letter back.
    """

    SNS = "AIDAIT2UOQQY3AUEKVGXU"
    CONSUMER = f"{OWN_ROLE}:Test-work"
    OPERATOR = "AROA0OPERATOR0TEST000:someone"


class Senders:
    """Notes by SQS message id what the runtime's own calls have sent, and what a test has sent as
    somebody; everything else came from SNS. The runtime sends in batches, a test does not.
    """

    def __init__(self, own: Callable[[], str] = lambda: Sender.CONSUMER) -> None:
        """Note from now on; `own` returns the sender id of the function that runs."""
        self._own, self._sent = own, dict[str, str]()
        events = aws.client("sqs").meta.events
        events.register("after-call.sqs.SendMessageBatch", self._note_batch)

    def note(self, sqs_id: str, sender: str) -> None:
        """Note a message that a test has sent."""
        self._sent[sqs_id] = sender

    def signed(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return a message of ReceiveMessage with the `SenderId` that it would have on AWS."""
        sender = self._sent.get(message["MessageId"], Sender.SNS)
        return {**message, "Attributes": {**message.get("Attributes", {}), "SenderId": sender}}

    def _note_batch(self, parsed: Mapping[str, Any], **_: object) -> None:
        for entry in parsed.get("Successful", ()):
            self._sent[entry["MessageId"]] = self._own()
