"""The AWS calls that the runtime makes."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

from tests.unit.messaging.invariant.client import Answer, Client, Entry
from tests.unit.messaging.invariant.faults import ConditionFailed, NoSuchKey
from tests.unit.messaging.invariant.invariants_dead_letters import dead_letter_sent
from tests.unit.messaging.invariant.invariants_sending import (
    check_publishing,
    copied,
    noted,
    published,
)
from tests.unit.messaging.invariant.table import Table

QUEUE: Final = "work"


class Sqs(Client):
    """SQS."""

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Entry]) -> Answer:  # noqa: N803
        """Send to the queue or to the dead-letter queue."""
        to_queue = QueueUrl.startswith(QUEUE)
        target = self.world.queue if to_queue else self.world.dead_letters
        target.check(Entries)

        def apply(entry: Entry) -> None:
            arrive = copied if to_queue else dead_letter_sent
            arrive(self.world.ledger, self.world.process, entry, target)

        return self.batch("queue" if to_queue else "dead letters", Entries, apply)

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[Entry]) -> Answer:  # noqa: N803
        """Hide messages in flight, or show them."""
        assert QueueUrl.startswith(QUEUE)

        def apply(entry: Entry) -> str | None:
            done = self.world.queue.change_visibility(
                entry["ReceiptHandle"], entry["VisibilityTimeout"]
            )
            if not done and not self.world.lapsed(entry["ReceiptHandle"]):
                self.world.ledger.blame(f"SQS refuses the visibility {entry['VisibilityTimeout']}")
            return None if done else "InvalidParameterValue"

        return self.batch("visibility", Entries, apply)

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[Entry]) -> Answer:  # noqa: N803
        """Delete messages before the invocation ends."""
        assert QueueUrl.startswith(QUEUE)

        def apply(entry: Entry) -> None:
            self.world.acknowledge(entry["ReceiptHandle"])

        return self.batch("delete", Entries, apply)


class Sns(Client):
    """SNS."""

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: list[Entry]) -> Answer:  # noqa: N803
        """Publish."""
        assert TopicArn.startswith("topic")
        check_publishing(self.world.ledger, PublishBatchRequestEntries)

        def apply(entry: Entry) -> None:
            published(self.world.ledger, self.world.process, entry)

        return self.batch("sns", PublishBatchRequestEntries, apply)


class Dynamodb(Client):
    """DynamoDB, one table."""

    exceptions = SimpleNamespace(ConditionalCheckFailedException=ConditionFailed)

    @property
    def table(self) -> Table:
        """The idempotency table."""
        return self.world.table

    def put_item(self, **parameters: Any) -> Answer:
        """Claim a key."""
        fault = self.before("dynamodb")
        taken = self.table.put_if(parameters, self.world.process)
        if fault == "repeated":
            taken = self.table.put_if(parameters, self.world.process)
        self.after(fault)
        if taken:
            raise ConditionFailed("ConditionalCheckFailedException", "PutItem", taken)
        return {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Answer:  # noqa: N803
        """Look keys up."""
        ((name, request),) = RequestItems.items()
        assert request["ConsistentRead"]
        keys = request["Keys"]
        fault = self.before("dynamodb")
        left = self.spoilt(keys) if fault == "partial" else []
        read = [key["id"]["S"] for key in keys if key not in left]
        items = self.table.get(read, self.world.process)
        self.after(fault)
        return {
            "Responses": {name: items},
            "UnprocessedKeys": {name: {**request, "Keys": left}} if left else {},
        }

    def batch_write_item(self, *, RequestItems: Mapping[str, Any]) -> Answer:  # noqa: N803
        """Note what is done."""
        ((name, requests),) = RequestItems.items()
        self.table.check(requests)
        fault = self.before("dynamodb")
        left = self.spoilt(requests) if fault == "partial" else []
        for request in requests:
            if request not in left:
                noted(self.world.ledger, self.world.process, self.table.write(request))
        self.after(fault)
        return {"UnprocessedItems": {name: left} if left else {}}

    def delete_item(self, **parameters: Any) -> Answer:
        """Give up a claim."""
        fault = self.before("dynamodb")
        owned = self.table.delete_if(parameters)
        if fault == "repeated":
            owned = self.table.delete_if(parameters)
        self.after(fault)
        if not owned:
            raise ConditionFailed("ConditionalCheckFailedException", "DeleteItem", {})
        return {}


class S3(Client):
    """S3, one bucket."""

    exceptions = SimpleNamespace(NoSuchKey=NoSuchKey)

    def get_object(self, *, Bucket: str, Key: str) -> Answer:  # noqa: N803
        """Read an object."""
        fault = self.before("s3")
        self.after(fault)
        if Key not in self.world.bucket:
            raise NoSuchKey("NoSuchKey", "GetObject")
        body = self.world.bucket[Key]
        return {"ContentLength": len(body), "Body": SimpleNamespace(read=lambda: body)}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> Answer:  # noqa: N803
        """Write an object."""
        fault = self.before("s3")
        self.world.bucket[Key] = Body
        self.after(fault)
        return {}
